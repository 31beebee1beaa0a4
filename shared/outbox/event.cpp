#include "outbox/event.h"

#include "core/ids.h"

namespace gatehouse::outbox {
namespace {

constexpr db::Statement insert_event{
    "outbox_insert",
    "WITH drawn AS (SELECT nextval('event_sequence') AS sequence),"
    " event AS (INSERT INTO events (id, created_at, tenant_id, type, data, trace_id, ordering_key,"
    "                               source, bytes, sequence)"
    "   SELECT $1, $2, nullif($3, ''), $4, $5::json, nullif($6, ''), nullif($7, ''),"
    "          nullif($8, ''), octet_length($5::text), sequence FROM drawn)"
    " INSERT INTO event_queue (sequence, event_id, event_created_at, endpoint_id)"
    " SELECT sequence, $1, $2, nullif($9, '') FROM drawn WHERE $3 <> ''"};

}  // namespace

std::string publish(db::Transaction& transaction, const Event& event, Time now) {
  std::string id = make_id("evt_", now);
  transaction.queue(insert_event, {id, now, event.tenant_id, event.type, event.data, event.trace_id,
                                   event.ordering_key, event.source, event.endpoint_id});
  return id;
}

}  // namespace gatehouse::outbox
