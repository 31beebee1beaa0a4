#include "audit/store.h"

namespace gatehouse::trail::store {
namespace {

// `at <= $7` says nothing new, but lets PostgreSQL leave out the partitions of later days.
#define TRAIL                                                                                   \
  "SELECT id, at, tenant_id, event, outcome, reason, actor_kind, actor_id, on_behalf_of,"       \
  " source_ip, route, resource_type, resource_id, detail, trace_id, request_id"                 \
  " FROM sys_audit_logs WHERE ($2::text IS NULL OR event = $2)"                                 \
  " AND ($3::text IS NULL OR actor_id = $3) AND ($4::text IS NULL OR resource_id = $4)"         \
  " AND ($5::text IS NULL OR outcome = $5) AND at >= $6::timestamptz AND at <= $7::timestamptz" \
  " AND (at, id) < ($7::timestamptz, $8::text)"
#define NEWEST " ORDER BY at DESC, id DESC LIMIT $1::int"

constexpr db::Statement of_all{"trail_of_all", TRAIL NEWEST};
constexpr db::Statement of_tenant{"trail_of_tenant", TRAIL " AND tenant_id = $9" NEWEST};
#undef NEWEST
#undef TRAIL

Entry entry_of(const db::Result& rows, int row) {
  return {.id = std::string(rows.text(row, "id")),
          .at = rows.time(row, "at"),
          .tenant_id = rows.optional_text(row, "tenant_id"),
          .event = std::string(rows.text(row, "event")),
          .outcome = std::string(rows.text(row, "outcome")),
          .reason = rows.optional_text(row, "reason"),
          .actor_kind = std::string(rows.text(row, "actor_kind")),
          .actor_id = rows.optional_text(row, "actor_id"),
          .on_behalf_of = rows.optional_text(row, "on_behalf_of"),
          .source_ip = rows.optional_text(row, "source_ip"),
          .route = rows.optional_text(row, "route"),
          .resource_type = rows.optional_text(row, "resource_type"),
          .resource_id = rows.optional_text(row, "resource_id"),
          .detail = std::string(rows.text(row, "detail")),
          .trace_id = rows.optional_text(row, "trace_id"),
          .request_id = rows.optional_text(row, "request_id")};
}

/// The place before which the page lies: the cursor's, or `to` before any row of that moment.
std::pair<db::Param, db::Param> end_of(const Filter& filter) {
  const bool by_cursor = filter.before && (!filter.to || filter.before->at < *filter.to);
  if (by_cursor) return {filter.before->at, filter.before->id};
  if (filter.to) return {*filter.to, ""};
  return {"infinity", ""};
}

}  // namespace

std::vector<Entry> read(db::Connection& connection, const Filter& filter, int limit) {
  const auto [at, id] = end_of(filter);
  const db::Param from = filter.from ? db::Param(*filter.from) : db::Param("-infinity");
  const db::Param number(limit), event(filter.event), actor(filter.actor_id),
      resource(filter.resource_id), outcome(filter.outcome);
  const db::Result rows =
      filter.tenant_id ? connection.read(db::Scope::tenant(*filter.tenant_id), of_tenant,
                                         {number, event, actor, resource, outcome, from, at, id,
                                          *filter.tenant_id})
                       : connection.read(db::Scope::platform(), of_all,
                                         {number, event, actor, resource, outcome, from, at, id});
  std::vector<Entry> entries;
  entries.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) entries.push_back(entry_of(rows, row));
  return entries;
}

}  // namespace gatehouse::trail::store
