#include "gate/store.h"

namespace gatehouse::gate {
namespace {

constexpr db::Statement select_page{
    "gate_list", "SELECT * FROM gate_routes WHERE name > $1 ORDER BY name LIMIT $2::int"};
constexpr db::Statement select_all{"gate_all", "SELECT * FROM gate_routes"};
constexpr db::Statement select_one{"gate_find", "SELECT * FROM gate_routes WHERE name = $1"};
constexpr db::Statement upsert{
    "gate_put",
    "INSERT INTO gate_routes (name, enabled, methods, callers, scopes, any_scope, networks,"
    "  tenants, rate_count, rate_seconds, rate_burst, audience, keep_authorization, changed_by,"
    "  created_at, updated_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)"
    " ON CONFLICT (name) DO UPDATE SET enabled = $2, methods = $3, callers = $4, scopes = $5,"
    "  any_scope = $6, networks = $7, tenants = $8, rate_count = $9, rate_seconds = $10,"
    "  rate_burst = $11, audience = $12, keep_authorization = $13, changed_by = $14,"
    "  updated_at = $15"};
constexpr db::Statement delete_one{"gate_remove", "DELETE FROM gate_routes WHERE name = $1"};

Policy policy_of(const db::Result& rows, int row) {
  Policy policy{.name = std::string(rows.text(row, "name")),
                .enabled = rows.boolean(row, "enabled"),
                .methods = rows.texts(row, "methods"),
                .callers = rows.texts(row, "callers"),
                .scopes = rows.texts(row, "scopes"),
                .any_scope = rows.boolean(row, "any_scope"),
                .networks = rows.texts(row, "networks"),
                .tenants = rows.texts(row, "tenants"),
                .rate = {},
                .audience = std::string(rows.text(row, "audience")),
                .keep_authorization = rows.boolean(row, "keep_authorization"),
                .changed_by = std::string(rows.text(row, "changed_by")),
                .updated_at = rows.time(row, "updated_at")};
  if (!rows.is_null(row, "rate_count")) {
    policy.rate = limits::Rate{.count = rows.integer(row, "rate_count"),
                               .window = std::chrono::seconds(rows.integer(row, "rate_seconds")),
                               .burst = rows.integer(row, "rate_burst")};
  }
  return policy;
}

std::vector<Policy> policies_of(const db::Result& rows) {
  std::vector<Policy> policies;
  policies.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) policies.push_back(policy_of(rows, row));
  return policies;
}

}  // namespace

std::vector<Policy> list(db::Connection& connection, std::string_view after, int limit) {
  return policies_of(connection.read(db::Scope::none(), select_page, {after, limit}));
}

std::vector<Policy> all(db::Connection& connection) {
  return policies_of(connection.read(db::Scope::none(), select_all));
}

std::optional<Policy> find(db::Connection& connection, std::string_view name) {
  const db::Result rows = connection.read(db::Scope::none(), select_one, {name});
  if (rows.empty()) return std::nullopt;
  return policy_of(rows, 0);
}

void put(db::Transaction& transaction, const Policy& policy) {
  const auto number = [&](std::int64_t value) {
    return policy.rate ? db::Param(value) : db::Param(std::nullopt);
  };
  const limits::Rate rate = policy.rate.value_or(limits::Rate{});
  transaction.run(upsert, {policy.name, policy.enabled, db::array_literal(policy.methods),
                           db::array_literal(policy.callers), db::array_literal(policy.scopes),
                           policy.any_scope, db::array_literal(policy.networks),
                           db::array_literal(policy.tenants), number(rate.count),
                           number(rate.window.count()), number(rate.burst), policy.audience,
                           policy.keep_authorization, policy.changed_by, policy.updated_at});
}

bool remove(db::Transaction& transaction, std::string_view name) {
  return transaction.run(delete_one, {name}).affected() == 1;
}

}  // namespace gatehouse::gate
