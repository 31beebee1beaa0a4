#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/secret.h"
#include "http/input.h"

/// What several routes read from a request alike. All of it throws Failure 400.
namespace gatehouse::users {

struct Credentials {
  std::string email;
  Secret password;
};
/// "email" and "password". What is missing is said before what is wrong.
Credentials read_credentials(const http::Input& input);

/// At most crypto::max_password_bytes; what else a tenant asks of it is not known here.
Secret read_password(const http::Input& input, std::string_view name);

/// "profile", at most profile_limit bytes.
std::optional<std::string> read_profile(const http::Input& input);

/// "roles": at most 32 of at most 64 characters, so that a token with all of them stays a token.
std::optional<std::vector<std::string>> read_roles(const http::Input& input);

}  // namespace gatehouse::users
