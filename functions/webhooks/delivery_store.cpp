#include "webhooks/delivery_store.h"

namespace gatehouse::webhooks::store {
namespace {

constexpr int most_looked_at = 2000, most_attempts = 100;

#define DELIVERY                                                                      \
  "id, created_at, endpoint_id, event_id, event_type, ordering_key, state, attempts," \
  " interrupted, last_attempt_at, last_status, last_failure, next_attempt_at, finished_at"

// `seen` is what lies before the cursor and can be found by an index, `shown` what of it agrees
// with the rest of the filter.
#define LIST(SEEN)                                                                             \
  "WITH seen AS (SELECT " DELIVERY " FROM webhook_deliveries WHERE tenant_id = $1" SEEN        \
  "    AND created_at >= $2::timestamptz AND created_at < $3::timestamptz"                     \
  "    AND (created_at, id) < ($4::timestamptz, $5) ORDER BY created_at DESC, id DESC"         \
  "    LIMIT $6::int),"                                                                        \
  " shown AS (SELECT * FROM seen WHERE ($7::text IS NULL OR state = $7)"                       \
  "   AND ($8::text IS NULL OR $8 = ANY (event_patterns(event_type)))"                         \
  "   ORDER BY created_at DESC, id DESC LIMIT $9::int)"                                        \
  " SELECT shown.*, (SELECT count(*) FROM seen) AS seen, last.at AS last_at, last.last_id"     \
  "   FROM (SELECT created_at AS at, id AS last_id FROM seen ORDER BY created_at, id LIMIT 1)" \
  "     AS last LEFT JOIN shown ON true ORDER BY shown.created_at DESC, shown.id DESC"

constexpr db::Statement of_tenant{"deliveries_of_tenant", LIST("")};
constexpr db::Statement dead_letters{"deliveries_dead", LIST(" AND state = 'dead_letter'")};
constexpr db::Statement of_endpoint{"deliveries_of_endpoint", LIST(" AND endpoint_id = $10")};
constexpr db::Statement dead_letters_of_endpoint{
    "deliveries_dead_of_endpoint", LIST(" AND state = 'dead_letter' AND endpoint_id = $10")};
#undef LIST

constexpr db::Statement select_one{
    "deliveries_find",
    "SELECT d.*, a.number, a.at, a.outcome, a.latency_ms, a.status, a.failure, a.answer"
    "  FROM (SELECT " DELIVERY
    " FROM webhook_deliveries WHERE tenant_id = $1 AND id = $2) AS d"
    "  LEFT JOIN LATERAL (SELECT * FROM webhook_attempts WHERE tenant_id = $1 AND delivery_id = $2"
    "    ORDER BY number DESC LIMIT $3::int) AS a ON true ORDER BY a.number"};
#undef DELIVERY

constexpr db::Statement lock{
    "deliveries_lock",
    "SELECT d.state, d.created_at, (SELECT status FROM webhook_endpoints e"
    "                                WHERE e.tenant_id = $1 AND e.id = d.endpoint_id) AS status,"
    "       EXISTS (SELECT FROM events e WHERE e.tenant_id = $1 AND e.id = d.event_id"
    "                AND e.created_at = d.event_created_at) AS event_kept"
    "  FROM webhook_deliveries d WHERE d.tenant_id = $1 AND d.id = $2 FOR UPDATE"};

// It joins the end of the queue of events, where the next fan-out finds it. What is in `picked` is
// locked; its events are looked up one by one.
#define LINE_UP                                                                                \
  " known AS MATERIALIZED (SELECT p.*, e.sequence AS place FROM picked p, LATERAL"             \
  "   (SELECT sequence FROM events WHERE id = p.event_id AND created_at = p.event_created_at"  \
  "     LIMIT 1) AS e),"                                                                       \
  " again AS (UPDATE webhook_deliveries d SET state = 'pending', finished_at = NULL,"          \
  "   next_attempt_at = NULL FROM known k WHERE d.id = k.id AND d.created_at = k.created_at)"  \
  " INSERT INTO event_queue (sequence, event_id, event_created_at, endpoint_id, delivery_id,"  \
  "                          delivery_created_at)"                                             \
  " SELECT nextval('event_sequence'), event_id, event_created_at, endpoint_id, id, created_at" \
  "   FROM (SELECT * FROM known ORDER BY place) AS in_order"

#define PICKED                                                                                  \
  "WITH picked AS MATERIALIZED (SELECT id, created_at, endpoint_id, event_id, event_created_at" \
  "   FROM webhook_deliveries WHERE tenant_id = $1"

constexpr db::Statement line_up_one{"deliveries_line_up",
                                    PICKED " AND id = $2 AND created_at = $3)," LINE_UP};

constexpr db::Statement line_up_dead_letters{
    "deliveries_redrive", PICKED
    "    AND state = 'dead_letter' AND created_at >= $2::timestamptz"
    "    AND created_at < $3::timestamptz AND ($4::text IS NULL OR endpoint_id = $4)"
    "    AND ($5::text IS NULL OR $5 = ANY (event_patterns(event_type)))"
    "    AND endpoint_id = ANY (ARRAY(SELECT e.id FROM webhook_endpoints e"
    "                                  WHERE e.tenant_id = $1 AND e.status = 'enabled'))"
    "  ORDER BY created_at, id LIMIT $6::int FOR UPDATE SKIP LOCKED)," LINE_UP};
#undef PICKED
#undef LINE_UP

std::optional<std::int64_t> number(const db::Result& rows, int row, const char* column) {
  return rows.is_null(row, column) ? std::nullopt : std::optional(rows.integer(row, column));
}

Delivery delivery_of(const db::Result& rows, int row) {
  return {.id = std::string(rows.text(row, "id")),
          .endpoint_id = std::string(rows.text(row, "endpoint_id")),
          .event_id = std::string(rows.text(row, "event_id")),
          .event_type = std::string(rows.text(row, "event_type")),
          .ordering_key = rows.optional_text(row, "ordering_key"),
          .state = std::string(rows.text(row, "state")),
          .attempts = rows.integer(row, "attempts"),
          .interrupted = rows.integer(row, "interrupted"),
          .last_status = number(rows, row, "last_status"),
          .last_failure = rows.optional_text(row, "last_failure"),
          .last_attempt_at = rows.optional_time(row, "last_attempt_at"),
          .next_attempt_at = rows.optional_time(row, "next_attempt_at"),
          .finished_at = rows.optional_time(row, "finished_at"),
          .created_at = rows.time(row, "created_at")};
}

db::Param from(const DeliveryFilter& filter) {
  return filter.since ? db::Param(*filter.since) : db::Param("-infinity");
}
db::Param to(const DeliveryFilter& filter) {
  return filter.until ? db::Param(*filter.until) : db::Param("infinity");
}

}  // namespace

DeliveryPage deliveries(db::Connection& connection, std::string_view tenant_id,
                        const DeliveryFilter& filter, const std::optional<DeliveryPosition>& before,
                        int limit) {
  const bool dead = filter.state == "dead_letter";
  const bool selective = filter.pattern || (filter.state && !dead);
  const int most_seen = selective ? most_looked_at : limit + 1;
  const db::Param tenant(tenant_id), since = from(filter), until = to(filter),
                                     at = before ? db::Param(before->at) : db::Param("infinity"),
                                     id(before ? std::string_view(before->id) : ""),
                                     seen(most_seen), state(filter.state), pattern(filter.pattern),
                                     most(limit);
  const db::Scope scope = db::Scope::tenant(tenant_id);
  const db::Result rows =
      filter.endpoint_id
          ? connection.read(
                scope, dead ? dead_letters_of_endpoint : of_endpoint,
                {tenant, since, until, at, id, seen, state, pattern, most, *filter.endpoint_id})
          : connection.read(scope, dead ? dead_letters : of_tenant,
                            {tenant, since, until, at, id, seen, state, pattern, most});
  DeliveryPage page;
  if (rows.empty()) return page;
  for (int row = 0; row < rows.rows() && !rows.is_null(row, "id"); ++row) {
    page.deliveries.push_back(delivery_of(rows, row));
  }
  if (page.deliveries.size() == static_cast<std::size_t>(limit)) {
    const Delivery& last = page.deliveries.back();
    if (last.id != rows.text(0, "last_id")) page.next = {last.created_at, last.id};
  }
  if (!page.next && rows.integer(0, "seen") == most_seen) {
    page.next = {rows.time(0, "last_at"), std::string(rows.text(0, "last_id"))};
  }
  return page;
}

std::optional<DeliveryWithAttempts> find_delivery(db::Connection& connection,
                                                  std::string_view tenant_id, std::string_view id) {
  const db::Result rows =
      connection.read(db::Scope::tenant(tenant_id), select_one, {tenant_id, id, most_attempts});
  if (rows.empty()) return std::nullopt;
  DeliveryWithAttempts found{.delivery = delivery_of(rows, 0), .attempts = {}};
  for (int row = 0; row < rows.rows() && !rows.is_null(row, "number"); ++row) {
    found.attempts.push_back({.number = rows.integer(row, "number"),
                              .at = rows.time(row, "at"),
                              .outcome = std::string(rows.text(row, "outcome")),
                              .latency_ms = number(rows, row, "latency_ms"),
                              .status = number(rows, row, "status"),
                              .failure = rows.optional_text(row, "failure"),
                              .answer = rows.optional_text(row, "answer")});
  }
  return found;
}

std::optional<LockedDelivery> lock_delivery(db::Transaction& transaction,
                                            std::string_view tenant_id, std::string_view id) {
  const db::Result rows = transaction.run(lock, {tenant_id, id});
  if (rows.empty()) return std::nullopt;
  return LockedDelivery{.state = std::string(rows.text(0, "state")),
                        .endpoint_status = std::string(rows.text(0, "status")),
                        .event_kept = rows.boolean(0, "event_kept"),
                        .created_at = rows.time(0, "created_at")};
}

void line_up_again(db::Transaction& transaction, std::string_view tenant_id, std::string_view id,
                   Time created_at) {
  transaction.queue(line_up_one, {tenant_id, id, created_at});
}

std::int64_t redrive(db::Transaction& transaction, std::string_view tenant_id,
                     const DeliveryFilter& filter, int most) {
  return transaction
      .run(line_up_dead_letters,
           {tenant_id, from(filter), to(filter), filter.endpoint_id, filter.pattern, most})
      .affected();
}

}  // namespace gatehouse::webhooks::store
