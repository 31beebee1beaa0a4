#include "core/claim_names.h"

#include <algorithm>
#include <array>

namespace gatehouse {
namespace {

constexpr std::size_t longest_name = 64;

// RFC 7519 §4.1, RFC 9068 §2.2, RFC 8693 §4, RFC 7800 §3.1, RFC 9396 §9, OpenID Connect; and what
// tokens of this system say.
constexpr std::array<std::string_view, 46> reserved{"iss",           "sub",
                                                    "aud",           "exp",
                                                    "nbf",           "iat",
                                                    "jti",           "client_id",
                                                    "clientId",      "scope",
                                                    "scopes",        "scp",
                                                    "systemId",      "env",
                                                    "tenant",        "tenant_id",
                                                    "sid",           "roles",
                                                    "groups",        "entitlements",
                                                    "act",           "actor",
                                                    "may_act",       "cnf",
                                                    "typ",           "alg",
                                                    "kid",           "auth_time",
                                                    "acr",           "amr",
                                                    "azp",           "nonce",
                                                    "at_hash",       "c_hash",
                                                    "token_use",     "active",
                                                    "token_type",    "username",
                                                    "user_id",       "email",
                                                    "events",        "txn",
                                                    "permissions",   "authorization_details",
                                                    "client_secret", "resource_access"};

bool name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == ':' || c == '/';
}

}  // namespace

bool is_reserved_claim(std::string_view name) {
  return std::ranges::find(reserved, name) != reserved.end();
}

std::optional<std::vector<std::string>> parse_claim_names(std::string_view text) {
  std::vector<std::string> names;
  if (text.empty()) return names;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    std::string_view name = text.substr(begin, end - begin);
    name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
    name = name.substr(0, name.find_last_not_of(' ') + 1);
    if (name.empty() || name.size() > longest_name || !std::ranges::all_of(name, name_character) ||
        is_reserved_claim(name) || std::ranges::find(names, name) != names.end()) {
      return std::nullopt;
    }
    names.emplace_back(name);
    begin = end + 1;
  }
  return names;
}

}  // namespace gatehouse
