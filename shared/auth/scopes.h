#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::auth {

/// What a service may do has a name, a scope: `user:read` or `log.push`; both separators mean the
/// same. What it has been granted is a scope, or a wildcard `<prefix>.*` or `<prefix>:*`, which
/// covers the scopes exactly one level below its prefix. This is the one place where grants and
/// scopes meet: tokens, routes and questions about permissions all come here.

inline constexpr std::size_t longest_scope = 128;

/// One scope-token of RFC 6749 §3.3: printable ASCII without space, '"' and '\'; at most 128
/// characters.
bool valid_scope(std::string_view text);

/// A wildcard: its one '*' is the last character and stands behind a separator that stands behind
/// a name: `log.*`, `orders:line:*`. Nothing else with a '*' in it can be granted.
bool is_wildcard(std::string_view grant);

/// A scope without '*', or a wildcard over other namespaces than this system's own: `internal` and
/// `auth` are granted by full name only, so that nobody comes to manage services by a pattern.
bool valid_grant(std::string_view text);

/// `scope` equals the grant, or is one level below the wildcard, with no further separator. Never
/// true of a scope with a '*' in it, nor of a wildcard over `internal` or `auth`; a privilege of
/// this system's own elsewhere (`token.introspect`) is covered by its full name only, too.
bool covers(std::string_view grant, std::string_view scope);

/// The first of the grants that covers the scope, or null.
const std::string* covering(const std::vector<std::string>& grants, std::string_view scope);

/// What lies between the spaces; empty ones are left out.
std::vector<std::string_view> split_scope(std::string_view joined);

}  // namespace gatehouse::auth
