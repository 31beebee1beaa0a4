#include "tokens/grant.h"

#include <algorithm>
#include <vector>

#include "auth/scopes.h"
#include "tokens/errors.h"

namespace gatehouse::tokens {
namespace {

/// A wildcard covers scopes without end, and nobody reads a token of more than 8 KiB.
constexpr std::size_t longest_request = 4096;

bool is_scope_character(char c) {
  return c >= 0x21 && c <= 0x7e && c != '"' && c != '\\';
}

bool is_alpha(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_scheme_character(char c) {
  return is_alpha(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

/// scope = scope-token *( SP scope-token )
std::vector<std::string_view> split_scope(std::string_view text) {
  std::vector<std::string_view> scopes;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string_view scope = text.substr(begin, end - begin);
    if (scope.empty() || !std::ranges::all_of(scope, is_scope_character)) {
      throw Failure(errors::scope_malformed);
    }
    if (std::ranges::find(scopes, scope) == scopes.end()) scopes.push_back(scope);
    begin = end + 1;
  }
  return scopes;
}

/// scheme ":" hier-part (RFC 3986 §4.3), printable ASCII throughout.
bool is_absolute_uri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == text.npos || colon == 0 || colon + 1 == text.size()) return false;
  return is_alpha(text.front()) &&
         std::ranges::all_of(text.substr(0, colon), is_scheme_character) &&
         std::ranges::all_of(text, [](char c) { return is_scope_character(c) && c != '#'; });
}

}  // namespace

std::string choose_scope(const Client& client, std::string_view asked) {
  if (asked.empty()) return client.scope;
  if (asked.size() > longest_request) throw Failure(errors::scope_too_long);
  std::string scope;
  for (const std::string_view one : split_scope(asked)) {
    if (one.size() > auth::longest_scope) throw Failure(errors::scope_too_long);
    if (auth::covering(client.scopes, one) == nullptr) throw Failure(errors::scope_not_granted);
    if (!scope.empty()) scope += ' ';
    scope += one;
  }
  return scope;
}

std::string_view choose_audience(const Client& client, std::string_view resource,
                                 std::string_view audience) {
  if (!resource.empty() && !is_absolute_uri(resource)) throw Failure(errors::resource_malformed);
  if (!resource.empty() && !audience.empty() && resource != audience) {
    throw Failure(errors::several_targets);
  }
  const std::string_view asked = resource.empty() ? audience : resource;
  if (asked.empty()) return client.default_audience;
  const auto found = std::ranges::find(client.audiences, asked);
  if (found == client.audiences.end()) throw Failure(errors::target_not_allowed);
  return *found;
}

}  // namespace gatehouse::tokens
