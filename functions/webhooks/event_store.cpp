#include "webhooks/event_store.h"

#include <charconv>

namespace gatehouse::webhooks::store {
namespace {

constexpr int most_looked_at = 2000;
/// nginx takes 1 MiB of an answer off a function at once; one event more may come to this.
constexpr int most_bytes = 512 * 1024;

constexpr db::Statement check{
    "events_may_publish",
    "SELECT tenant_is_active($1) AS tenant_active,"
    "       EXISTS (SELECT FROM event_types WHERE tenant_id = $1 AND name = $2) AS type_known"};

// In `seen` is what there is after the cursor, `wanted` what of it is asked for. `bytes` says how
// much is in a row that nobody has read yet.
#define FEED_BEGIN                                                                             \
  "WITH seen AS MATERIALIZED (SELECT id, created_at, type, ordering_key, source, data, bytes," \
  "                                  xid, sequence FROM events WHERE "
#define FEED_END                                                                               \
  "    AND xid < pg_snapshot_xmin(pg_current_snapshot()) AND (xid, sequence) > ($1::xid8, $2)" \
  "  ORDER BY tenant_id, xid, sequence LIMIT $4::int),"                                        \
  " wanted AS (SELECT seen.*, row_number() OVER place AS n,"                                   \
  "                   sum(bytes) OVER place - bytes AS bytes_before"                           \
  "              FROM seen WHERE $3::text IS NULL OR $3 = ANY (event_patterns(type))"          \
  "            WINDOW place AS (ORDER BY xid, sequence))"                                      \
  " SELECT shown.id, shown.created_at, shown.type, shown.data, shown.ordering_key,"            \
  "        shown.source, shown.xid::text AS xid, shown.sequence,"                              \
  "        (SELECT count(*) FROM seen) AS seen, (SELECT count(*) FROM wanted) AS wanted,"      \
  "        last.xid::text AS last_xid, last.sequence AS last_sequence"                         \
  "   FROM (SELECT xid, sequence FROM seen ORDER BY xid DESC, sequence DESC LIMIT 1) AS last"  \
  "   LEFT JOIN (SELECT * FROM wanted WHERE n <= $5::int AND bytes_before < $6::int) AS shown" \
  "     ON true ORDER BY shown.n"

constexpr db::Statement feed_of_tenant{"events_feed", FEED_BEGIN "tenant_id = $7" FEED_END};
constexpr db::Statement feed_of_platform{"events_feed_of_platform",
                                         FEED_BEGIN "tenant_id IS NULL" FEED_END};
#undef FEED_BEGIN
#undef FEED_END

std::uint64_t transaction_of(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.begin(), text.end(), number);
  return number;
}

}  // namespace

MayPublish may_publish(db::Transaction& transaction, std::string_view tenant_id,
                       std::string_view type) {
  const db::Result rows = transaction.run(check, {tenant_id, type});
  return {.tenant_active = rows.boolean(0, "tenant_active"),
          .type_known = rows.boolean(0, "type_known")};
}

FeedPage read_feed(db::Connection& connection, const FeedRequest& wanted) {
  const std::string transaction = std::to_string(wanted.after.transaction);
  const int most_seen = wanted.pattern ? most_looked_at : wanted.limit + 1;
  const db::Param after(transaction), sequence(wanted.after.sequence), pattern(wanted.pattern),
      seen(most_seen), limit(wanted.limit), bytes(most_bytes);
  const db::Result rows =
      wanted.tenant_id.empty()
          ? connection.read(db::Scope::platform(), feed_of_platform,
                            {after, sequence, pattern, seen, limit, bytes})
          : connection.read(db::Scope::tenant(wanted.tenant_id), feed_of_tenant,
                            {after, sequence, pattern, seen, limit, bytes, wanted.tenant_id});
  FeedPage page{.events = {}, .last = wanted.after};
  if (rows.empty()) return page;
  for (int row = 0; row < rows.rows() && !rows.is_null(row, "id"); ++row) {
    page.events.push_back({.id = std::string(rows.text(row, "id")),
                           .at = rows.time(row, "created_at"),
                           .type = std::string(rows.text(row, "type")),
                           .data = std::string(rows.text(row, "data")),
                           .ordering_key = rows.optional_text(row, "ordering_key"),
                           .source = rows.optional_text(row, "source")});
    page.last = {transaction_of(rows.text(row, "xid")), rows.integer(row, "sequence")};
  }
  const bool all_shown = rows.integer(0, "wanted") == static_cast<std::int64_t>(page.events.size());
  if (all_shown) {
    page.last = {transaction_of(rows.text(0, "last_xid")), rows.integer(0, "last_sequence")};
  }
  page.more = !all_shown || rows.integer(0, "seen") == most_seen;
  return page;
}

}  // namespace gatehouse::webhooks::store
