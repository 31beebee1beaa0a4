#include "webhooks/event_type_store.h"

namespace gatehouse::webhooks::store {
namespace {

constexpr db::Statement lock_types{
    "event_types_lock",
    "SELECT pg_advisory_xact_lock(hashtext('gatehouse.event_types'), hashtext($1))"};

constexpr db::Statement room{
    "event_types_room",
    "SELECT EXISTS (SELECT FROM event_types WHERE tenant_id IS NULL"
    "               AND split_part(name, '.', 1) = split_part($2, '.', 1)) AS reserved,"
    "       EXISTS (SELECT FROM event_types WHERE tenant_id = $1 AND name = $2) AS known,"
    "       (SELECT count(*) FROM event_types WHERE tenant_id = $1) AS own_types"};

constexpr db::Statement put{
    "event_types_put",
    "INSERT INTO event_types AS t (tenant_id, name, description, schema, example, created_at,"
    "                              updated_at)"
    " VALUES ($1, $2, $3, $4::json, $5::json, $6, $6)"
    " ON CONFLICT (tenant_id, name) DO UPDATE SET description = excluded.description,"
    "   schema = excluded.schema, example = excluded.example, updated_at = excluded.updated_at"
    " RETURNING created_at"};

constexpr db::Statement remove{"event_types_delete",
                               "DELETE FROM event_types WHERE tenant_id = $1 AND name = $2"};

constexpr db::Statement unknown{
    "event_types_unknown",
    "SELECT name FROM unnest($2::text[]) AS asked (name)"
    " WHERE NOT EXISTS (SELECT FROM event_types t WHERE t.name = asked.name"
    "                   AND (t.tenant_id = $1 OR t.tenant_id IS NULL)) LIMIT 1"};

#define TYPES                                                                            \
  "SELECT name, description, schema, example, tenant_id IS NOT NULL AS own, created_at," \
  " updated_at FROM event_types WHERE (tenant_id = $1 OR tenant_id IS NULL)"
constexpr db::Statement select_one{"event_types_find", TYPES " AND name = $2"};
constexpr db::Statement select_list{"event_types_list",
                                    TYPES " AND name > $2 ORDER BY name LIMIT $3::int"};
#undef TYPES

EventType type_of(const db::Result& rows, int row) {
  return {.name = std::string(rows.text(row, "name")),
          .description = std::string(rows.text(row, "description")),
          .schema = rows.optional_text(row, "schema"),
          .example = rows.optional_text(row, "example"),
          .own = rows.boolean(row, "own"),
          .created_at = rows.time(row, "created_at"),
          .updated_at = rows.time(row, "updated_at")};
}

}  // namespace

Room room_for_event_type(db::Transaction& transaction, std::string_view tenant_id,
                         std::string_view name) {
  transaction.queue(lock_types, {tenant_id});
  const db::Result rows = transaction.run(room, {tenant_id, name});
  return {.reserved = rows.boolean(0, "reserved"),
          .known = rows.boolean(0, "known"),
          .own_types = rows.integer(0, "own_types")};
}

Time put_event_type(db::Transaction& transaction, std::string_view tenant_id,
                    const EventType& described, Time now) {
  return transaction
      .run(put, {tenant_id, described.name, described.description, described.schema,
                 described.example, now})
      .time(0, "created_at");
}

bool delete_event_type(db::Transaction& transaction, std::string_view tenant_id,
                       std::string_view name) {
  return transaction.run(remove, {tenant_id, name}).affected() != 0;
}

std::string unknown_event_type(db::Transaction& transaction, std::string_view tenant_id,
                               const std::vector<std::string>& names) {
  const db::Result rows = transaction.run(unknown, {tenant_id, db::array_literal(names)});
  return rows.empty() ? std::string() : std::string(rows.text(0, "name"));
}

std::optional<EventType> find_event_type(db::Connection& connection, std::string_view tenant_id,
                                         std::string_view name) {
  const db::Result rows =
      connection.read(db::Scope::tenant(tenant_id), select_one, {tenant_id, name});
  return rows.empty() ? std::nullopt : std::optional(type_of(rows, 0));
}

std::vector<EventType> event_types(db::Connection& connection, std::string_view tenant_id,
                                   std::string_view after, int limit) {
  const db::Result rows =
      connection.read(db::Scope::tenant(tenant_id), select_list, {tenant_id, after, limit});
  std::vector<EventType> types;
  types.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) types.push_back(type_of(rows, row));
  return types;
}

}  // namespace gatehouse::webhooks::store
