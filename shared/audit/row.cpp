#include "audit/row.h"

#include "audit/merkle.h"
#include "json/parse.h"
#include "json/write.h"

namespace gatehouse::audit {
namespace {

#define ROW_COLUMNS                                                                        \
  "SELECT id, xid::text AS xid,"                                                           \
  " to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS at, tenant_id," \
  " event, outcome, reason, actor_kind, actor_id, on_behalf_of, source_ip, route,"         \
  " resource_type, resource_id, detail::text AS detail, trace_id, request_id"              \
  " FROM sys_audit_logs WHERE xid >= $1::text::xid8 AND xid < $2::text::xid8"
#define BY_DAY " (sys_audit_logs.at AT TIME ZONE 'UTC')::date, sys_audit_logs.xid, id"

constexpr db::Statement rows_of_all{"audit_rows",
                                    ROW_COLUMNS " ORDER BY coalesce(tenant_id, '')," BY_DAY};
constexpr db::Statement rows_of_tenant{"audit_rows_of_tenant", ROW_COLUMNS
                                       " AND coalesce(tenant_id, '') = $3"
                                       " ORDER BY" BY_DAY};
#undef BY_DAY
#undef ROW_COLUMNS

constexpr const char* texts_before_detail[] = {
    "tenant_id",    "event",     "outcome", "reason",        "actor_kind", "actor_id",
    "on_behalf_of", "source_ip", "route",   "resource_type", "resource_id"};

void write_text(json::Writer& out, const db::Result& rows, int row, const char* column) {
  out.key(column);
  rows.is_null(row, column) ? out.null() : out.string(rows.text(row, column));
}

/// jsonb's own text has white space, and what was tampered with may be beyond what is parsed here.
void write_detail(json::Writer& out, std::string_view text) {
  out.key("detail");
  try {
    out.value(json::parse(text));
  } catch (const json::ParseError&) {
    out.string(text);
  }
}

Row row_of(const db::Result& rows, int row) {
  json::Writer out;
  out.begin_object()
      .member("id", rows.text(row, "id"))
      .member("xid", rows.integer(row, "xid"))
      .member("at", rows.text(row, "at"));
  for (const char* column : texts_before_detail) write_text(out, rows, row, column);
  write_detail(out, rows.text(row, "detail"));
  write_text(out, rows, row, "trace_id");
  write_text(out, rows, row, "request_id");
  out.end_object();
  return {std::string(rows.text(row, "id")), std::string(rows.text(row, "tenant_id")),
          std::string(rows.text(row, "at")), rows.integer(row, "xid"), out.take()};
}

std::vector<Row> rows_of(const db::Result& result) {
  std::vector<Row> rows;
  rows.reserve(static_cast<std::size_t>(result.rows()));
  for (int row = 0; row < result.rows(); ++row) rows.push_back(row_of(result, row));
  return rows;
}

}  // namespace

crypto::Digest Row::leaf() const {
  return leaf_hash(json);
}

std::vector<Row> read_rows(db::Transaction& transaction, std::int64_t from, std::int64_t to) {
  return rows_of(transaction.run(rows_of_all, {from, to}));
}

std::vector<Row> read_rows(db::Connection& connection, std::int64_t from, std::int64_t to,
                           const std::optional<std::string>& tenant_id) {
  const db::Scope scope = db::Scope::platform();
  return rows_of(tenant_id ? connection.read(scope, rows_of_tenant, {from, to, *tenant_id})
                           : connection.read(scope, rows_of_all, {from, to}));
}

std::string second_of(Time time) {
  std::string text = iso8601(time);
  text.pop_back();  // the Z
  return text;
}

Row row_of(const json::Value& object) {
  const json::Value* xid = object.find("xid");
  return {object.text("id"), object.text("tenant_id"), object.text("at"),
          xid == nullptr ? 0 : xid->as_integer().value_or(0), json::to_text(object)};
}

}  // namespace gatehouse::audit
