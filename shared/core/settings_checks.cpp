#include "core/settings_checks.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace gatehouse::settings_checks {
namespace {

bool one_of(std::string_view value, std::initializer_list<std::string_view> choices) {
  return std::ranges::find(choices, value) != choices.end();
}

bool network(std::string_view value) {
  const std::size_t slash = value.find('/');
  const std::string address(value.substr(0, slash));
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  int bits = 0;
  if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) {
    bits = 32;
  } else if (inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) {
    bits = 128;
  } else {
    return false;
  }
  if (slash == std::string_view::npos) return true;
  const std::string_view length = value.substr(slash + 1);
  const char* const end = length.data() + length.size();
  int prefix = -1;
  const auto [rest, error] = std::from_chars(length.data(), end, prefix);
  return error == std::errc() && rest == end && prefix >= 0 && prefix <= bits;
}

}  // namespace

bool anything(std::string_view) {
  return true;
}

bool not_empty(std::string_view value) {
  return !value.empty();
}

bool issuer(std::string_view value) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!value.starts_with(scheme)) continue;
    const std::string_view rest = value.substr(scheme.size());
    return !rest.empty() && rest.front() != '/' && rest.back() != '/' &&
           std::ranges::all_of(rest, [](char c) {
             return c > ' ' && c < 0x7f && c != '?' && c != '#' && c != '"' && c != '\\' &&
                    c != '@';
           });
  }
  return false;
}

bool signing_algorithm(std::string_view value) {
  return one_of(value, {"ES256", "EdDSA", "RS256", "HS256"});
}

bool signup(std::string_view value) {
  return one_of(value, {"open", "allowlist", "closed"});
}

bool log_level(std::string_view value) {
  return one_of(value, {"debug", "info", "warn", "error"});
}

bool networks(std::string_view value) {
  if (value.empty()) return true;
  for (;;) {
    const std::size_t comma = value.find(',');
    std::string_view item = value.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (!network(item)) return false;
    if (comma == std::string_view::npos) return true;
    value.remove_prefix(comma + 1);
  }
}

}  // namespace gatehouse::settings_checks
