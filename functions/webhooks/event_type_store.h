#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "webhooks/event_type.h"

/// The SQL about event types. Transactions must have the scope of the tenant that is named.
namespace gatehouse::webhooks::store {

struct Room {
  bool reserved = false;  ///< the platform has types with that first word
  bool known = false;     ///< the tenant has that type
  std::int64_t own_types = 0;
};
/// Keeps others who add a type of the tenant's waiting until this transaction ends.
Room room_for_event_type(db::Transaction& transaction, std::string_view tenant_id,
                         std::string_view name);
/// Returns when it was first described.
Time put_event_type(db::Transaction& transaction, std::string_view tenant_id,
                    const EventType& described, Time now);
bool delete_event_type(db::Transaction& transaction, std::string_view tenant_id,
                       std::string_view name);
/// One of the names that is none of the tenant's nor the platform's; "" where there is none.
std::string unknown_event_type(db::Transaction& transaction, std::string_view tenant_id,
                               const std::vector<std::string>& names);

std::optional<EventType> find_event_type(db::Connection& connection, std::string_view tenant_id,
                                         std::string_view name);
std::vector<EventType> event_types(db::Connection& connection, std::string_view tenant_id,
                                   std::string_view after, int limit);

}  // namespace gatehouse::webhooks::store
