#include "webhooks/result_store.h"

#include "core/ids.h"
#include "json/write.h"

namespace gatehouse::webhooks::store {
namespace {

constexpr db::Statement lock_order{
    "delivery_lock_order", "SELECT pg_advisory_xact_lock(hashtext('gatehouse.webhook_order'))"};

constexpr db::Statement record_results{
    "delivery_record",
    "WITH r AS MATERIALIZED (SELECT * FROM json_to_recordset($1::json) AS r (id text,"
    "   created_at timestamptz, worker text, state text, wait_ms bigint, tries int, outcome text,"
    "   at timestamptz, latency_ms int, status int, failure text, answer text)),"
    " gone AS ("
    "  DELETE FROM webhook_queue q USING r"
    "   WHERE q.delivery_id = r.id AND q.worker = r.worker AND r.state <> 'pending'"
    "   RETURNING r.*, NULL::timestamptz AS due_at),"
    " kept AS ("
    "  UPDATE webhook_queue q SET worker = NULL, tries = r.tries,"
    "    state = CASE WHEN r.wait_ms > 0 THEN 'later' ELSE 'ready' END,"
    "    due_at = CASE WHEN r.wait_ms > 0 THEN now() + r.wait_ms * interval '1 ms' END"
    "   FROM r WHERE q.delivery_id = r.id AND q.worker = r.worker AND r.state = 'pending'"
    "   RETURNING r.*, q.due_at),"
    " changed AS ("
    "  UPDATE webhook_deliveries d SET state = r.state,"
    "    attempts = d.attempts + CASE WHEN r.outcome IS NULL THEN 0 ELSE 1 END,"
    "    last_attempt_at = coalesce(r.at, d.last_attempt_at), last_status = r.status,"
    "    last_failure = r.failure, next_attempt_at = r.due_at,"
    "    finished_at = CASE WHEN r.state <> 'pending' THEN now() END"
    "   FROM (SELECT * FROM gone UNION ALL SELECT * FROM kept) AS r"
    "   WHERE d.id = r.id AND d.created_at = r.created_at"
    "   RETURNING d.id, d.attempts, d.tenant_id, d.endpoint_id, d.event_id, d.event_type, d.state,"
    "    r.at, r.outcome, r.latency_ms, r.status, r.failure, r.answer),"
    " noted AS ("
    "  INSERT INTO webhook_attempts (delivery_id, number, at, tenant_id, outcome, latency_ms, "
    "status,"
    "    failure, answer)"
    "   SELECT id, attempts, at, tenant_id, outcome, latency_ms, status, failure, answer"
    "    FROM changed WHERE outcome IS NOT NULL)"
    " SELECT id, tenant_id, endpoint_id, event_id, event_type, state, attempts FROM changed"
    "  WHERE state IN ('dead_letter', 'cancelled')"};

constexpr db::Statement line_up_next{
    "delivery_line_up_next",
    "UPDATE webhook_queue q SET state = 'ready'"
    " FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS k (endpoint_id, "
    "ordering_key)) AS k,"
    " LATERAL (SELECT n.delivery_id FROM webhook_queue n WHERE n.endpoint_id = k.endpoint_id"
    "           AND n.ordering_key = k.ordering_key ORDER BY n.sequence LIMIT 1) AS next"
    " WHERE q.delivery_id = next.delivery_id AND q.state = 'held'"};

constexpr db::Statement lock_endpoints{
    "delivery_lock_unhealthy",
    "SELECT id FROM webhook_endpoints WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE"};

constexpr db::Statement update_health{
    "delivery_note_health",
    "WITH h AS (SELECT h.*, e.status = 'enabled' AND h.gone AS disabling, NOT h.succeeded AND NOT "
    "h.gone"
    "     AND e.probe_at IS NULL AND coalesce(e.failing_since < now() - make_interval(secs => $2), "
    "false) AS parking"
    "   FROM json_to_recordset($1::json) AS h (id text, succeeded boolean, gone boolean, hush_ms "
    "bigint)"
    "   JOIN webhook_endpoints e ON e.id = h.id)"
    " UPDATE webhook_endpoints e SET"
    "  status = CASE WHEN h.disabling THEN 'disabled' ELSE e.status END,"
    "  disabled_reason = CASE WHEN h.disabling THEN 'gone' ELSE e.disabled_reason END,"
    "  updated_at = CASE WHEN h.disabling THEN now() ELSE e.updated_at END,"
    "  failing_since = CASE WHEN NOT h.succeeded THEN coalesce(e.failing_since, now()) END,"
    "  probe_at = CASE WHEN h.parking THEN now() + (now() - e.failing_since) / 4"
    "                  WHEN NOT h.succeeded THEN e.probe_at END,"
    "  paced_until = CASE WHEN h.hush_ms > 0"
    "    THEN greatest(e.paced_until, now() + h.hush_ms * interval '1 ms') ELSE e.paced_until END"
    " FROM h WHERE e.id = h.id"
    " RETURNING e.id, e.tenant_id, h.disabling, h.parking"};

constexpr db::Statement insert_audit{
    "delivery_audit",
    "INSERT INTO sys_audit_logs (id, at, tenant_id, event, outcome, actor_kind, actor_id,"
    " resource_type, resource_id, detail) VALUES ($1, $2, $3, $4, 'success', 'job', 'deliver',"
    " $5, $6, $7::jsonb)"};

// After PostgreSQL was away, workers get the time to be heard of again.
constexpr db::Statement delete_dead{
    "delivery_delete_dead",
    "DELETE FROM webhook_workers WHERE alive_until < now()"
    " AND pg_postmaster_start_time() < now() - make_interval(secs => $1)"};

constexpr db::Statement release_claimed{
    "delivery_release",
    "WITH freed AS ("
    "  UPDATE webhook_queue q SET state = 'ready', worker = NULL WHERE q.state = 'claimed'"
    "   AND NOT EXISTS (SELECT FROM webhook_workers w WHERE w.id = q.worker)"
    "   RETURNING q.delivery_id, q.delivery_created_at),"
    " changed AS ("
    "  UPDATE webhook_deliveries d SET attempts = d.attempts + 1, interrupted = d.interrupted + 1,"
    "    last_attempt_at = now(), last_status = NULL, last_failure = $1 FROM freed f"
    "   WHERE d.id = f.delivery_id AND d.created_at = f.delivery_created_at"
    "   RETURNING d.id, d.attempts, d.tenant_id)"
    " INSERT INTO webhook_attempts (delivery_id, number, at, tenant_id, outcome, failure)"
    " SELECT id, attempts, now(), tenant_id, 'interrupted', $1 FROM changed"};

#define CANCEL                                                                               \
  "WITH gone AS (DELETE FROM webhook_queue q WHERE q.delivery_id = ANY (ARRAY(SELECT * FROM" \
  " (" SELECTED                                                                              \
  ") AS s)) AND q.state <> 'claimed' RETURNING q.*),"                                        \
  " changed AS (UPDATE webhook_deliveries d SET state = 'cancelled', finished_at = now(),"   \
  "   next_attempt_at = NULL FROM gone g"                                                    \
  "   WHERE d.id = g.delivery_id AND d.created_at = g.delivery_created_at)"                  \
  " SELECT endpoint_id, ordering_key FROM gone"

// Neither half looks further than it has to, however much waits.
#define SELECTED                                                                            \
  "(SELECT delivery_id FROM webhook_queue WHERE endpoint_id = ANY ($1) AND state = 'ready'" \
  "  LIMIT 500)"                                                                            \
  " UNION ALL (SELECT delivery_id FROM webhook_queue WHERE endpoint_id = ANY ($1)"          \
  "             AND ordering_key IS NOT NULL LIMIT 500)"
constexpr db::Statement cancel_endpoints{"delivery_cancel_of", CANCEL};
#undef SELECTED

// Ids begin with the time at which they were made.
#define SELECTED \
  "SELECT delivery_id FROM webhook_queue WHERE delivery_id < $1 ORDER BY delivery_id LIMIT 500"
constexpr db::Statement cancel_old{"delivery_cancel_before", CANCEL};
#undef SELECTED

constexpr db::Statement select_now{"delivery_now", "SELECT now() AS now"};

constexpr db::Statement delete_worker{"delivery_leave",
                                      "DELETE FROM webhook_workers WHERE id = $1"};

std::string describe(std::span<const Result> results) {
  json::Writer out;
  out.begin_array();
  for (const Result& one : results) {
    out.begin_object()
        .member("id", one.claimed.delivery_id)
        .member("created_at", db::timestamp_text(one.claimed.created_at))
        .member("worker", one.worker)
        .member("state", one.state)
        .member("wait_ms", one.wait.count())
        .member("tries", one.claimed.failures);
    if (!one.outcome.empty()) {
      out.member("outcome", one.outcome)
          .member("at", db::timestamp_text(one.at))
          .member("latency_ms", one.latency.count());
    }
    if (one.status != 0) out.member("status", one.status);
    if (!one.failure.empty()) out.member("failure", one.failure);
    if (one.status != 0) out.member("answer", one.answer);
    out.end_object();
  }
  out.end_array();
  return out.take();
}

/// Ordering keys, and of which endpoints they are.
struct Keys {
  std::vector<std::string> endpoints, keys;

  void add(std::string_view endpoint, std::string_view key) {
    endpoints.emplace_back(endpoint);
    keys.emplace_back(key);
  }
  void line_up_next_in(db::Transaction& transaction) const {
    if (keys.empty()) return;
    transaction.queue(line_up_next, {db::array_literal(endpoints), db::array_literal(keys)});
  }
};

std::int64_t cancel(db::Connection& connection, const db::Statement& statement,
                    std::string_view which) {
  db::Transaction transaction(connection, db::Scope::none());
  transaction.queue(lock_order);
  const db::Result rows = transaction.run(statement, {which});
  Keys keys;
  for (int row = 0; row < rows.rows(); ++row) {
    if (rows.is_null(row, "ordering_key")) continue;
    keys.add(rows.text(row, "endpoint_id"), rows.text(row, "ordering_key"));
  }
  keys.line_up_next_in(transaction);
  transaction.commit();
  return rows.rows();
}

}  // namespace

std::vector<GivenUp> record(db::Transaction& transaction, std::span<const Result> results) {
  Keys keys;
  for (const Result& one : results) {
    const auto& key = one.claimed.ordering_key;
    if (key && one.state != "pending") keys.add(one.claimed.endpoint_id, *key);
  }
  // None must line up a delivery behind one that is just leaving.
  if (!keys.keys.empty()) transaction.queue(lock_order);
  const db::Result rows = transaction.run(record_results, {describe(results)});
  keys.line_up_next_in(transaction);
  std::vector<GivenUp> given_up;
  given_up.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) {
    given_up.push_back({.delivery_id = std::string(rows.text(row, "id")),
                        .tenant_id = std::string(rows.text(row, "tenant_id")),
                        .endpoint_id = std::string(rows.text(row, "endpoint_id")),
                        .event_id = std::string(rows.text(row, "event_id")),
                        .event_type = std::string(rows.text(row, "event_type")),
                        .state = std::string(rows.text(row, "state")),
                        .attempts = rows.integer(row, "attempts")});
  }
  return given_up;
}

std::vector<Change> note_health(db::Transaction& transaction,
                                const std::map<std::string, Health>& health,
                                std::chrono::seconds park_after) {
  std::vector<std::string> ids;
  json::Writer out;
  out.begin_array();
  for (const auto& [id, one] : health) {
    ids.push_back(id);
    out.begin_object()
        .member("id", id)
        .member("succeeded", one.succeeded)
        .member("gone", one.gone)
        .member("hush_ms", one.hush.count())
        .end_object();
  }
  out.end_array();
  transaction.queue(lock_endpoints, {db::array_literal(ids)});
  const db::Result rows = transaction.run(update_health, {out.text(), park_after.count()});
  std::vector<Change> changes;
  for (int row = 0; row < rows.rows(); ++row) {
    const bool disabled = rows.boolean(row, "disabling");
    if (!disabled && !rows.boolean(row, "parking")) continue;
    changes.push_back({.endpoint_id = std::string(rows.text(row, "id")),
                       .tenant_id = std::string(rows.text(row, "tenant_id")),
                       .disabled = disabled});
  }
  return changes;
}

void audit(db::Transaction& transaction, std::string_view tenant_id, std::string_view event,
           std::string_view resource_type, std::string_view resource_id, std::string_view detail,
           Time now) {
  transaction.queue(insert_audit, {make_id("aud_", now), now, tenant_id, event, resource_type,
                                   resource_id, detail});
}

std::int64_t release_dead(db::Connection& connection, std::chrono::seconds lease) {
  db::Transaction transaction(connection, db::Scope::none());
  transaction.queue(delete_dead, {lease.count()});
  const db::Result released =
      transaction.run(release_claimed, {"the worker ended before the attempt did"});
  transaction.commit();
  return released.affected();
}

std::int64_t cancel_of(db::Connection& connection, const std::vector<std::string>& endpoints) {
  return cancel(connection, cancel_endpoints, db::array_literal(endpoints));
}

std::int64_t cancel_older(db::Connection& connection, std::chrono::days age) {
  const Time now = connection.read(db::Scope::none(), select_now).time(0, "now");
  return cancel(connection, cancel_old, make_id("dlv_", now - age));
}

void forget_plans(db::Connection& connection) {
  connection.execute("DISCARD PLANS");
}

void leave(db::Connection& connection, std::string_view worker) {
  connection.write(db::Scope::none(), delete_worker, {worker});
}

}  // namespace gatehouse::webhooks::store
