#include "auth/basic.h"

#include <algorithm>
#include <utility>

#include "core/encoding.h"

namespace gatehouse::auth {
namespace {

constexpr std::string_view scheme = "basic";

bool names_scheme(std::string_view text) {
  return std::ranges::equal(text, scheme, [](char given, char expected) {
    return (given >= 'A' && given <= 'Z' ? given + ('a' - 'A') : given) == expected;
  });
}

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
}

}  // namespace

std::optional<BasicCredentials> parse_basic(std::string_view authorization_value) {
  const std::size_t space = authorization_value.find(' ');
  if (space == std::string_view::npos || !names_scheme(authorization_value.substr(0, space))) {
    return std::nullopt;
  }
  const std::size_t begin = authorization_value.find_first_not_of(' ', space);
  if (begin == std::string_view::npos) return std::nullopt;
  auto plain = from_base64(authorization_value.substr(begin));
  if (!plain) return std::nullopt;
  const Secret pair(*std::move(plain));

  const std::size_t colon = pair.reveal().find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto id = from_form(pair.reveal().substr(0, colon));
  auto decoded = from_form(pair.reveal().substr(colon + 1));
  if (!decoded) return std::nullopt;
  Secret secret(*std::move(decoded));
  if (!id || id->empty() || has_control_character(*id)) return std::nullopt;
  if (has_control_character(secret.reveal())) return std::nullopt;
  return BasicCredentials{*std::move(id), std::move(secret)};
}

}  // namespace gatehouse::auth
