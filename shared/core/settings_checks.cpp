#include "core/settings_checks.h"

#include <algorithm>
#include <initializer_list>

#include "core/claim_names.h"
#include "core/network.h"
#include "core/spans.h"

namespace gatehouse::settings_checks {
namespace {

bool one_of(std::string_view value, std::initializer_list<std::string_view> choices) {
  return std::ranges::find(choices, value) != choices.end();
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

bool catalogue(std::string_view value) {
  return one_of(value, {"open", "closed"});
}

bool claim_names(std::string_view value) {
  return parse_claim_names(value).has_value();
}

bool log_level(std::string_view value) {
  return one_of(value, {"debug", "info", "warn", "error"});
}

bool request_log(std::string_view value) {
  return one_of(value, {"all", "errors", "off"});
}

bool networks(std::string_view value) {
  return parse_list<Network>(value).has_value();
}

bool inner_networks(std::string_view value) {
  const auto list = parse_list<Network>(value);
  return list && std::ranges::all_of(*list, [](const Network& network) {
           return network.prefix >= (network.base.bits == 32 ? 8U : 7U);
         });
}

bool sockets(std::string_view value) {
  return parse_list<SocketAddress>(value).has_value();
}

bool ports(std::string_view value) {
  return !value.empty() && parse_list<PortRange>(value).has_value();
}

bool spans(std::string_view value) {
  constexpr std::size_t most = 20;
  const auto list = parse_spans(value);
  return list && list->size() <= most;
}

}  // namespace gatehouse::settings_checks
