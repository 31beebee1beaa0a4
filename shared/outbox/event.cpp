#include "outbox/event.h"

#include "core/ids.h"

namespace gatehouse::outbox {
namespace {

constexpr db::Statement insert_event{
    "outbox_insert",
    "INSERT INTO events (id, created_at, tenant_id, type, data, trace_id)"
    " VALUES ($1, $2, nullif($3, ''), $4, $5::json, nullif($6, ''))"};

}  // namespace

std::string publish(db::Transaction& transaction, const Event& event, Time now) {
  std::string id = make_id("evt_", now);
  transaction.queue(insert_event,
                    {id, now, event.tenant_id, event.type, event.data, event.trace_id});
  return id;
}

}  // namespace gatehouse::outbox
