#include "webhooks/event_type.h"

#include <algorithm>

#include "webhooks/errors.h"
#include "webhooks/event_type_store.h"
#include "webhooks/pattern.h"

namespace gatehouse::webhooks {

EventType put_event_type(db::Transaction& transaction, std::string_view tenant_id,
                         EventType described, Time now) {
  const store::Room room = store::room_for_event_type(transaction, tenant_id, described.name);
  if (room.reserved) throw Failure(errors::event_type_reserved);
  if (!room.known && room.own_types >= most_event_types) {
    throw Failure(errors::too_many_event_types);
  }
  described.own = true;
  described.created_at = store::put_event_type(transaction, tenant_id, described, now);
  described.updated_at = now;
  return described;
}

void delete_event_type(db::Transaction& transaction, std::string_view tenant_id,
                       std::string_view name) {
  if (store::room_for_event_type(transaction, tenant_id, name).reserved) {
    throw Failure(errors::event_type_reserved);
  }
  if (!store::delete_event_type(transaction, tenant_id, name)) {
    throw Failure(errors::event_type_not_found);
  }
}

void require_known(db::Transaction& transaction, std::string_view tenant_id,
                   const std::vector<std::string>& patterns) {
  std::vector<std::string> names;
  std::ranges::copy_if(patterns, std::back_inserter(names), is_event_type);
  if (names.empty()) return;
  const std::string unknown = store::unknown_event_type(transaction, tenant_id, names);
  if (unknown.empty()) return;
  throw Failure(errors::event_type_unknown.status, std::string(errors::event_type_unknown.code),
                "there is no event type \"" + unknown + '"',
                std::string(errors::event_type_unknown.next_step));
}

EventType show_event_type(db::Connection& connection, std::string_view tenant_id,
                          std::string_view name) {
  auto found = store::find_event_type(connection, tenant_id, name);
  if (!found) throw Failure(errors::event_type_not_found);
  return *std::move(found);
}

std::vector<EventType> list_event_types(db::Connection& connection, std::string_view tenant_id,
                                        std::string_view after, int limit) {
  return store::event_types(connection, tenant_id, after, limit);
}

}  // namespace gatehouse::webhooks
