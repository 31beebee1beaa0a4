#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::webhooks {

/// Types that a tenant can have of its own.
inline constexpr int most_event_types = 500;

/// What can happen: the platform's own types, which every tenant sees, and those that a tenant has
/// described for what it publishes itself.
struct EventType {
  std::string name;
  std::string description;
  std::optional<std::string> schema, example;  ///< JSON; of an event's data
  bool own = false;                            ///< the tenant's
  Time created_at{}, updated_at{};
};

/// Describes a type of the tenant's, new or again. Throws Failure 422 `event_type_reserved` for a
/// name whose first word is one of the platform's, `too_many_event_types`. The transaction must
/// have the tenant's scope.
EventType put_event_type(db::Transaction& transaction, std::string_view tenant_id,
                         EventType described, Time now);
/// Throws Failure 404 `event_type_not_found`, 422 `event_type_reserved`.
void delete_event_type(db::Transaction& transaction, std::string_view tenant_id,
                       std::string_view name);
/// Throws Failure 422 `event_type_unknown` unless each pattern without '*' names a type that there
/// is: a typo would wait in silence for what never comes.
void require_known(db::Transaction& transaction, std::string_view tenant_id,
                   const std::vector<std::string>& patterns);

/// Throws Failure 404 `event_type_not_found`.
EventType show_event_type(db::Connection& connection, std::string_view tenant_id,
                          std::string_view name);
/// By name, those after `after`; `tenant_id` may be empty: the platform's alone.
std::vector<EventType> list_event_types(db::Connection& connection, std::string_view tenant_id,
                                        std::string_view after, int limit);

}  // namespace gatehouse::webhooks
