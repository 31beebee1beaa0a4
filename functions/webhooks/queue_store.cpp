#include "webhooks/queue_store.h"

#include "core/ids.h"
#include "json/write.h"

namespace gatehouse::webhooks::store {
namespace {

// A rate is kept on average; so much of it may come at once.
#define BURST "interval '200 ms'"

// Whether an endpoint `e` may be sent anything, apart from what is under way to it.
#define OPEN                                                              \
  " e.status = 'enabled' AND (e.probe_at IS NULL OR e.probe_at <= now())" \
  " AND (e.paced_until IS NULL OR e.paced_until <= now() + " BURST ")"

#define UNDER_WAY \
  "(SELECT count(*) FROM webhook_queue c WHERE c.state = 'claimed' AND c.endpoint_id = e.id)"

// Of its concurrency, what is not under way.
#define SLOTS "(CASE WHEN e.probe_at IS NULL THEN e.max_concurrency ELSE 1 END - " UNDER_WAY ")"

// From endpoint to endpoint by the index, so that it does not matter how much waits for one, nor
// how many have nothing waiting: scalar subqueries look endpoints up one by one. (An EXISTS would
// look for a row anywhere.)
constexpr db::Statement select_waiting{
    "delivery_look",
    "WITH RECURSIVE waiting AS ("
    "  (SELECT endpoint_id, 1 AS number FROM webhook_queue WHERE state = 'ready' AND endpoint_id > "
    "$1"
    "    ORDER BY endpoint_id LIMIT 1)"
    "  UNION ALL"
    "  SELECT next.endpoint_id, w.number + 1 FROM waiting w, LATERAL"
    "    (SELECT q.endpoint_id FROM webhook_queue q WHERE q.state = 'ready'"
    "        AND q.endpoint_id > w.endpoint_id ORDER BY q.endpoint_id LIMIT 1) AS next"
    "   WHERE w.number < 100)"
    " SELECT coalesce((SELECT true FROM event_queue ORDER BY sequence LIMIT 1), false) AS events,"
    " coalesce((SELECT due_at <= now() FROM webhook_queue WHERE state = 'later'"
    "            ORDER BY due_at LIMIT 1), false) AS due,"
    " ARRAY(SELECT w.endpoint_id FROM waiting w WHERE"
    "        (SELECT" OPEN " AND " SLOTS
    " > 0 AND tenant_is_active(e.tenant_id)"
    "           FROM webhook_endpoints e WHERE e.id = w.endpoint_id)) AS endpoints,"
    " ARRAY(SELECT w.endpoint_id FROM waiting w WHERE"
    "        (SELECT e.id FROM webhook_endpoints e WHERE e.id = w.endpoint_id) IS NULL) AS gone,"
    " (SELECT max(endpoint_id) FROM waiting HAVING count(*) = 100) AS more_from"};

// One at a time, so that what comes behind another of its key knows of it.
constexpr db::Statement take_events{
    "delivery_take_events",
    "WITH taken AS ("
    "  DELETE FROM event_queue WHERE (SELECT "
    "pg_try_advisory_xact_lock(hashtext('gatehouse.webhook_order')))"
    "     AND sequence = ANY (ARRAY(SELECT sequence FROM event_queue ORDER BY sequence LIMIT $1"
    "                                  FOR UPDATE SKIP LOCKED))"
    "  RETURNING *)"
    " SELECT t.sequence, e.id AS event_id, e.created_at AS event_created_at, e.type, e.tenant_id,"
    " CASE WHEN t.delivery_id IS NULL THEN w.id ELSE t.endpoint_id END AS endpoint_id,"
    " t.delivery_id, t.delivery_created_at,"
    " CASE WHEN w.ordered THEN e.ordering_key END AS ordering_key"
    " FROM taken t LEFT JOIN events e ON e.id = t.event_id AND e.created_at = t.event_created_at"
    " LEFT JOIN webhook_endpoints w ON w.tenant_id = e.tenant_id"
    "  AND CASE WHEN t.delivery_id IS NOT NULL THEN w.id = t.endpoint_id"
    "           WHEN t.endpoint_id IS NOT NULL THEN w.id = t.endpoint_id AND w.status = 'enabled'"
    "           ELSE w.status = 'enabled' AND w.event_types && event_patterns(e.type) END"
    " ORDER BY t.sequence"};

constexpr db::Statement insert_deliveries{
    "delivery_insert",
    "WITH new AS (SELECT * FROM json_to_recordset($1::json) AS n (id text, created_at timestamptz,"
    "   again boolean, tenant_id text, endpoint_id text, event_id text, event_created_at "
    "timestamptz,"
    "   event_type text, ordering_key text, sequence bigint)),"
    " made AS (INSERT INTO webhook_deliveries (id, created_at, tenant_id, endpoint_id, event_id,"
    "   event_created_at, event_type, ordering_key, state)"
    "   SELECT id, created_at, tenant_id, endpoint_id, event_id, event_created_at, event_type,"
    "   ordering_key, 'pending' FROM new WHERE NOT again)"
    " INSERT INTO webhook_queue (delivery_id, delivery_created_at, endpoint_id, sequence, "
    "ordering_key, state)"
    " SELECT id, created_at, endpoint_id, sequence, ordering_key,"
    "  CASE WHEN ordering_key IS NOT NULL AND"
    "   (row_number() OVER (PARTITION BY endpoint_id, ordering_key ORDER BY sequence) > 1"
    "    OR EXISTS (SELECT FROM webhook_queue q WHERE q.endpoint_id = new.endpoint_id"
    "                                             AND q.ordering_key = new.ordering_key))"
    "  THEN 'held' ELSE 'ready' END"
    " FROM new ON CONFLICT (delivery_id) DO NOTHING"};

constexpr db::Statement update_due{
    "delivery_line_up_due",
    "UPDATE webhook_queue SET state = 'ready', due_at = NULL WHERE delivery_id = ANY (ARRAY("
    "  SELECT delivery_id FROM webhook_queue WHERE state = 'later' AND due_at <= now()"
    "   ORDER BY due_at LIMIT 1000 FOR UPDATE SKIP LOCKED))"};

// A statement of its own: what comes next sees what whoever was here before has claimed.
constexpr db::Statement lock_endpoints{
    "delivery_lock_endpoints",
    "SELECT id FROM webhook_endpoints WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE"};

// Those that have the least under way come first, so that slow ones are not all that is called; of
// equals none is always the one for which nothing is left.
constexpr db::Statement update_claimed{
    "delivery_claim",
    "WITH busy AS ("
    "  SELECT * FROM unnest($6::text[], $7::int[]) AS b (tenant_id, calls)),"
    " open AS ("
    "  SELECT e.id, e.tenant_id, " UNDER_WAY
    " + random() AS place, greatest(0, least($5::int, " SLOTS
    ", 1 + floor(e.rate_per_second *"
    "    extract(epoch FROM " BURST
    " - greatest(e.paced_until - now(), interval '0')))))::int AS slots"
    "   FROM webhook_endpoints e WHERE e.id = ANY ($3) AND" OPEN
    "),"
    " turn AS ("
    "  SELECT o.id, o.place, least(o.slots, ($4::int - coalesce(b.calls, 0) + 1) / 2"
    "    + o.slots - sum(o.slots) OVER (PARTITION BY o.tenant_id ORDER BY o.place)) AS slots"
    "   FROM open o LEFT JOIN busy b ON b.tenant_id = o.tenant_id ORDER BY o.place),"
    " picked AS ("
    "  SELECT next.delivery_id FROM turn, LATERAL"
    "    (SELECT q.delivery_id FROM webhook_queue q WHERE q.state = 'ready' AND q.endpoint_id = "
    "turn.id"
    "      ORDER BY q.sequence LIMIT greatest(turn.slots, 0) FOR UPDATE SKIP LOCKED) AS next"
    "   LIMIT $4),"
    " claimed AS ("
    "  UPDATE webhook_queue q SET state = 'claimed', worker = $1 FROM picked p"
    "   WHERE q.delivery_id = p.delivery_id RETURNING q.*),"
    " alive AS ("
    "  INSERT INTO webhook_workers (id, alive_until)"
    "   SELECT $1, now() + make_interval(secs => $2) WHERE EXISTS (SELECT FROM claimed)"
    "   ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until),"
    " paced AS ("
    "  UPDATE webhook_endpoints e SET"
    "    paced_until = CASE WHEN e.rate_per_second IS NULL THEN e.paced_until"
    "      ELSE greatest(e.paced_until, now()) + c.number * interval '1 s' / e.rate_per_second END,"
    // The longer an endpoint has failed, the more rarely it is tried.
    "    probe_at = CASE WHEN e.probe_at IS NOT NULL THEN now() +"
    "      least(greatest((now() - e.failing_since) / 4, interval '1 s'), interval '1 h') END"
    "   FROM (SELECT endpoint_id, count(*) AS number FROM claimed GROUP BY endpoint_id) AS c"
    "   WHERE e.id = c.endpoint_id AND e.id = ANY ($3)"
    "    AND (e.rate_per_second IS NOT NULL OR e.probe_at IS NOT NULL))"
    " SELECT c.delivery_id, c.delivery_created_at, c.endpoint_id, c.ordering_key, c.tries, "
    "e.tenant_id,"
    " e.probe_at IS NOT NULL AS probe, e.failing_since IS NOT NULL AS failing"
    " FROM claimed c JOIN webhook_endpoints e ON e.id = c.endpoint_id ORDER BY c.sequence"};

constexpr db::Statement select_messages{
    "delivery_messages",
    "SELECT d.id, d.endpoint_id, e.id AS event_id, e.type, e.data, e.created_at, w.url, "
    "w.secret_sealed,"
    " CASE WHEN w.previous_secret_until > now() THEN w.previous_secret_sealed END AS "
    "previous_secret_sealed"
    " FROM unnest($1::text[], $2::timestamptz[]) AS c (id, created_at)"
    " JOIN webhook_deliveries d ON d.id = c.id AND d.created_at = c.created_at"
    " JOIN events e ON e.id = d.event_id AND e.created_at = d.event_created_at"
    "  AND e.tenant_id = d.tenant_id"
    " JOIN webhook_endpoints w ON w.id = d.endpoint_id AND w.tenant_id = d.tenant_id"};

/// The deliveries of what take_events has found, as insert_deliveries takes them.
std::string describe_deliveries(const db::Result& rows, Time now) {
  json::Writer out;
  out.begin_array();
  for (int row = 0; row < rows.rows(); ++row) {
    if (rows.is_null(row, "event_id") || rows.is_null(row, "endpoint_id")) continue;
    const bool again = !rows.is_null(row, "delivery_id");
    out.begin_object()
        .member("id", again ? std::string(rows.text(row, "delivery_id")) : make_id("dlv_", now))
        .member("created_at", again ? std::string(rows.text(row, "delivery_created_at"))
                                    : db::timestamp_text(now))
        .member("again", again);
    for (const char* const name :
         {"tenant_id", "endpoint_id", "event_id", "event_created_at", "ordering_key"}) {
      if (!rows.is_null(row, name)) out.member(name, rows.text(row, name));
    }
    out.member("event_type", rows.text(row, "type"))
        .member("sequence", rows.integer(row, "sequence"))
        .end_object();
  }
  out.end_array();
  return out.take();
}

}  // namespace

Waiting look(db::Connection& connection, std::string_view after) {
  const db::Result row = connection.read(db::Scope::none(), select_waiting, {after});
  return {.events = row.boolean(0, "events"),
          .due = row.boolean(0, "due"),
          .endpoints = row.texts(0, "endpoints"),
          .gone = row.texts(0, "gone"),
          .more_from = row.optional_text(0, "more_from")};
}

std::int64_t fan_out(db::Connection& connection, int most, const Clock& clock) {
  db::Transaction transaction(connection, db::Scope::none());
  const db::Result rows = transaction.run(take_events, {most});
  if (rows.empty()) return 0;
  transaction.queue(insert_deliveries, {describe_deliveries(rows, clock.now())});
  transaction.commit();
  std::int64_t events = 1;
  for (int row = 1; row < rows.rows(); ++row) {
    events += rows.text(row, "sequence") != rows.text(row - 1, "sequence") ? 1 : 0;
  }
  return events;
}

std::int64_t line_up_due(db::Connection& connection) {
  return connection.write(db::Scope::none(), update_due).affected();
}

std::vector<Claimed> claim(db::Connection& connection, const std::vector<std::string>& endpoints,
                           const Claim& claim) {
  const std::string ids = db::array_literal(endpoints);
  std::vector<std::string> tenants, calls;
  for (const auto& [tenant, number] : claim.under_way) {
    tenants.push_back(tenant);
    calls.push_back(std::to_string(number));
  }
  db::Transaction transaction(connection, db::Scope::none());
  transaction.queue(lock_endpoints, {ids});
  const db::Result rows =
      transaction.run(update_claimed, {claim.worker, claim.lease.count(), ids,
                                       static_cast<std::int64_t>(claim.most),
                                       static_cast<std::int64_t>(claim.most_of_each),
                                       db::array_literal(tenants), db::array_literal(calls)});
  std::vector<Claimed> claimed;
  if (rows.empty()) return claimed;
  transaction.commit();
  claimed.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) {
    claimed.push_back({.delivery_id = std::string(rows.text(row, "delivery_id")),
                       .endpoint_id = std::string(rows.text(row, "endpoint_id")),
                       .tenant_id = std::string(rows.text(row, "tenant_id")),
                       .created_at = rows.time(row, "delivery_created_at"),
                       .ordering_key = rows.optional_text(row, "ordering_key"),
                       .failures = static_cast<int>(rows.integer(row, "tries")),
                       .probe = rows.boolean(row, "probe"),
                       .failing = rows.boolean(row, "failing")});
  }
  return claimed;
}

std::vector<Message> messages(db::Connection& connection, const std::vector<Claimed>& claimed) {
  std::vector<std::string> ids, times;
  ids.reserve(claimed.size());
  times.reserve(claimed.size());
  for (const Claimed& one : claimed) {
    ids.push_back(one.delivery_id);
    times.push_back(db::timestamp_text(one.created_at));
  }
  const db::Result rows = connection.read(db::Scope::none(), select_messages,
                                          {db::array_literal(ids), db::array_literal(times)});
  std::vector<Message> found;
  found.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) {
    found.push_back({.delivery_id = std::string(rows.text(row, "id")),
                     .endpoint_id = std::string(rows.text(row, "endpoint_id")),
                     .event_id = std::string(rows.text(row, "event_id")),
                     .type = std::string(rows.text(row, "type")),
                     .data = std::string(rows.text(row, "data")),
                     .url = std::string(rows.text(row, "url")),
                     .happened_at = rows.time(row, "created_at"),
                     .secret_sealed = rows.bytes(row, "secret_sealed"),
                     .previous_secret_sealed = rows.is_null(row, "previous_secret_sealed")
                                                   ? Bytes()
                                                   : rows.bytes(row, "previous_secret_sealed")});
  }
  return found;
}

}  // namespace gatehouse::webhooks::store
