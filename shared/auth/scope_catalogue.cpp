#include "auth/scope_catalogue.h"

#include <algorithm>

#include "auth/scopes.h"

namespace gatehouse::auth {
namespace {

constexpr db::Statement select_scopes{
    "auth_list_scopes",
    "SELECT name, description, created_at, updated_at FROM scopes WHERE name > $1"
    " ORDER BY name LIMIT $2::int"};
constexpr db::Statement select_scope{
    "auth_find_scope",
    "SELECT name, description, created_at, updated_at FROM scopes WHERE name = $1"};
constexpr db::Statement upsert_scope{
    "auth_put_scope",
    "INSERT INTO scopes (name, description, created_at, updated_at) VALUES ($1, $2, $3, $3)"
    " ON CONFLICT (name) DO UPDATE SET description = EXCLUDED.description,"
    "    updated_at = EXCLUDED.updated_at"
    " RETURNING name, description, created_at, updated_at"};
constexpr db::Statement delete_scope{"auth_remove_scope", "DELETE FROM scopes WHERE name = $1"};

bool name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == ':' || c == '*';
}

CataloguedScope scope_of(const db::Result& rows, int row) {
  return {.name = std::string(rows.text(row, "name")),
          .description = std::string(rows.text(row, "description")),
          .created_at = rows.time(row, "created_at"),
          .updated_at = rows.time(row, "updated_at")};
}

}  // namespace

bool valid_catalogue_name(std::string_view name) {
  return valid_grant(name) && std::ranges::all_of(name, name_character) && name != "." &&
         name != "..";
}

std::vector<CataloguedScope> list_scopes(db::Connection& connection, std::string_view after,
                                         int limit) {
  const db::Result rows = connection.read(db::Scope::none(), select_scopes, {after, limit});
  std::vector<CataloguedScope> scopes;
  scopes.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) scopes.push_back(scope_of(rows, row));
  return scopes;
}

std::optional<CataloguedScope> find_scope(db::Connection& connection, std::string_view name) {
  const db::Result rows = connection.read(db::Scope::none(), select_scope, {name});
  return rows.empty() ? std::nullopt : std::optional(scope_of(rows, 0));
}

CataloguedScope put_scope(db::Transaction& transaction, std::string_view name,
                          std::string_view description, Time now) {
  return scope_of(transaction.run(upsert_scope, {name, description, now}), 0);
}

bool remove_scope(db::Transaction& transaction, std::string_view name) {
  return transaction.run(delete_scope, {name}).affected() > 0;
}

bool is_catalogued(db::Transaction& transaction, std::string_view scope) {
  if (scope.starts_with("internal:") || scope.starts_with("auth:")) return true;
  return !transaction.run(select_scope, {scope}).empty();
}

}  // namespace gatehouse::auth
