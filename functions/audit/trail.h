#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/principal.h"
#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::trail {

/// A row of the audit trail. Members that do not apply are absent.
struct Entry {
  std::string id;
  Time at;
  std::optional<std::string> tenant_id;
  std::string event, outcome;
  std::optional<std::string> reason;
  std::string actor_kind;
  std::optional<std::string> actor_id, on_behalf_of, source_ip, route, resource_type, resource_id;
  std::string detail;  ///< JSON object
  std::optional<std::string> trace_id, request_id;
};

/// A place in the trail: ids alone are not in the order of time.
struct Position {
  Time at;
  std::string id;
};

/// `<microseconds since 1970>-<id>`, for callers to hand back as it is.
std::string cursor_text(const Position& position);
/// Throws Failure 400 `cursor_invalid`.
Position parse_cursor(std::string_view text);

/// Which rows: those that equal whatever is given.
struct Filter {
  std::optional<std::string> tenant_id, event, actor_id, resource_id, outcome;
  std::optional<Time> from, to;  ///< from <= at < to
  std::optional<Position> before;
};

/// Whose trail the caller may read: its own tenant's, or for a service that is bound to none any
/// tenant's or (none) all. Throws Failure 404 `tenant_not_found` for another tenant than its own.
std::optional<std::string> readable_tenant(const auth::Principal& caller,
                                           const std::optional<std::string>& asked);

/// Newest first, at most `limit`. `filter.tenant_id` is what readable_tenant answered.
std::vector<Entry> read_trail(db::Connection& connection, const Filter& filter, int limit);

}  // namespace gatehouse::trail
