#include "users/input.h"

#include <algorithm>
#include <limits>

#include "crypto/password.h"
#include "users/errors.h"
#include "users/user.h"

namespace gatehouse::users {
namespace {

constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
constexpr std::size_t most_roles = 32, longest_role = 64;

/// The characters of a scope (RFC 6749 §3.3), which JSON writes as they are.
bool is_role(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\'; });
}

}  // namespace

Credentials read_credentials(const http::Input& input) {
  (void)input.text("email", unlimited);
  Secret password(input.text("password", unlimited));
  std::string email = input.email("email");
  return {.email = std::move(email), .password = read_password(input, "password")};
}

Secret read_password(const http::Input& input, std::string_view name) {
  return Secret(input.text(name, crypto::max_password_bytes));
}

std::optional<std::string> read_profile(const http::Input& input) {
  return input.optional_object("profile", profile_limit);
}

std::optional<std::vector<std::string>> read_roles(const http::Input& input) {
  auto roles = input.optional_texts("roles", most_roles, longest_role);
  if (!roles) return roles;
  std::vector<std::string> sorted = *roles;
  std::ranges::sort(sorted);
  if (!std::ranges::all_of(sorted, is_role) || std::ranges::adjacent_find(sorted) != sorted.end()) {
    throw Failure(errors::roles_invalid);
  }
  return roles;
}

}  // namespace gatehouse::users
