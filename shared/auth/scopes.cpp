#include "auth/scopes.h"

#include <algorithm>

namespace gatehouse::auth {
namespace {

constexpr std::string_view separators = ".:";

bool scope_character(char c) {
  return c >= 0x21 && c <= 0x7e && c != '"' && c != '\\';
}

/// `internal:*`, `auth.token:*`: below a namespace of this system's own.
bool own_namespace(std::string_view name) {
  const std::string_view first = name.substr(0, name.find_first_of(separators));
  return first == "internal" || first == "auth";
}

/// This system's own privileges in namespaces that others may use too.
bool own_privilege(std::string_view scope) {
  return scope == "token.introspect" || scope == "event.publish";
}

}  // namespace

bool valid_scope(std::string_view text) {
  return !text.empty() && text.size() <= longest_scope &&
         std::ranges::all_of(text, scope_character);
}

bool is_wildcard(std::string_view grant) {
  return grant.size() >= 3 && grant.find('*') == grant.size() - 1 &&
         separators.find(grant[grant.size() - 2]) != separators.npos &&
         separators.find(grant[grant.size() - 3]) == separators.npos;
}

bool valid_grant(std::string_view text) {
  if (!valid_scope(text)) return false;
  if (text.find('*') == text.npos) return true;
  return is_wildcard(text) && !own_namespace(text);
}

bool covers(std::string_view grant, std::string_view scope) {
  if (scope.empty() || scope.find('*') != scope.npos) return false;
  if (grant == scope) return true;
  if (!is_wildcard(grant) || own_namespace(grant) || own_privilege(scope)) return false;
  const std::string_view prefix = grant.substr(0, grant.size() - 1);
  if (!scope.starts_with(prefix) || scope.size() == prefix.size()) return false;
  return scope.find_first_of(separators, prefix.size()) == scope.npos;
}

const std::string* covering(const std::vector<std::string>& grants, std::string_view scope) {
  const auto found = std::ranges::find_if(
      grants, [scope](const std::string& grant) { return covers(grant, scope); });
  return found == grants.end() ? nullptr : &*found;
}

std::vector<std::string_view> split_scope(std::string_view joined) {
  std::vector<std::string_view> scopes;
  while (!joined.empty()) {
    const std::size_t end = std::min(joined.find(' '), joined.size());
    if (end > 0) scopes.push_back(joined.substr(0, end));
    joined.remove_prefix(std::min(joined.size(), end + 1));
  }
  return scopes;
}

}  // namespace gatehouse::auth
