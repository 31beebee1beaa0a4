#include "auth/kills.h"

#include "core/ids.h"
#include "json/write.h"

namespace gatehouse::auth {
namespace {

constexpr db::Statement find_client{"auth_kill_client",
                                    "SELECT kind, tenant_id FROM services WHERE client_id = $1"};
constexpr db::Statement find_tenant{"auth_kill_tenant", "SELECT id FROM tenants WHERE id = $1"};
constexpr db::Statement insert_kill{
    "auth_insert_kill",
    "INSERT INTO agent_kills (target, reason, killed_by, killed_at) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT DO NOTHING"};
constexpr db::Statement select_kill{
    "auth_find_kill",
    "SELECT target, reason, killed_by, killed_at FROM agent_kills WHERE target = $1"};
constexpr db::Statement delete_kill{"auth_delete_kill",
                                    "DELETE FROM agent_kills WHERE target = $1"};
constexpr db::Statement select_kills{
    "auth_list_kills",
    "SELECT target, reason, killed_by, killed_at FROM agent_kills WHERE target > $1"
    " ORDER BY target LIMIT $2::int"};

Kill kill_of(const db::Result& rows, int row) {
  return {.target = std::string(rows.text(row, "target")),
          .reason = std::string(rows.text(row, "reason")),
          .killed_by = std::string(rows.text(row, "killed_by")),
          .killed_at = rows.time(row, "killed_at")};
}

}  // namespace

std::string_view KillTarget::resource_type() const {
  switch (kind) {
    case Kind::agents:
      return "agents";
    case Kind::tenant:
      return "tenant";
    default:
      return "service";
  }
}

std::optional<KillTarget> find_kill_target(db::Transaction& transaction, std::string_view target) {
  using Kind = KillTarget::Kind;
  if (target == all_agents) return KillTarget{Kind::agents, {}};
  if (is_id("tnt_", target)) {
    if (transaction.run(find_tenant, {target}).empty()) return std::nullopt;
    return KillTarget{Kind::tenant, std::string(target)};
  }
  if (!is_id("svc_", target)) return std::nullopt;
  const db::Result row = transaction.run(find_client, {target});
  if (row.empty()) return std::nullopt;
  return KillTarget{row.text(0, "kind") == "agent" ? Kind::agent : Kind::service,
                    std::string(row.text(0, "tenant_id"))};
}

bool add_kill(db::Transaction& transaction, Kill& kill) {
  const auto added =
      transaction.run(insert_kill, {kill.target, kill.reason, kill.killed_by, kill.killed_at});
  if (added.affected() == 1) return true;
  const db::Result standing = transaction.run(select_kill, {kill.target});
  if (!standing.empty()) kill = kill_of(standing, 0);
  return false;
}

bool remove_kill(db::Transaction& transaction, std::string_view target) {
  return transaction.run(delete_kill, {target}).affected() == 1;
}

std::vector<Kill> list_kills(db::Connection& connection, std::string_view after, int limit) {
  const db::Result rows = connection.read(db::Scope::platform(), select_kills, {after, limit});
  std::vector<Kill> kills;
  kills.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) kills.push_back(kill_of(rows, row));
  return kills;
}

std::string describe_kill(std::string_view target, std::string_view reason) {
  json::Writer out;
  out.begin_object().member("target", target).member("reason", reason).end_object();
  return out.take();
}

}  // namespace gatehouse::auth
