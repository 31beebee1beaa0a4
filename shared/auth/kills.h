#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::auth {

/// The target that is every agent. Others are an agent's client id and a tenant's id, which stands
/// for the agents that are bound to the tenant.
inline constexpr std::string_view all_agents = "*";

/// Agents that have been stopped. They get no tokens, and those they have are refused within a
/// second; an agent works again once no kill is left that is about it. Services that are no agents
/// are never touched.
struct Kill {
  std::string target;
  std::string reason;     ///< in the operator's words
  std::string killed_by;  ///< client id, or the operator's name
  Time killed_at{};
};

/// Whom a target names; the tenant is the agent's, or itself.
struct KillTarget {
  enum class Kind { agents, tenant, agent, service } kind;
  std::string tenant_id;

  std::string_view resource_type() const;  ///< for audit rows
};

/// What follows needs a transaction with the platform's scope.

/// None where there is no such client or tenant.
std::optional<KillTarget> find_kill_target(db::Transaction& transaction, std::string_view target);
/// False where there was one already: `kill` is then the one that stands.
bool add_kill(db::Transaction& transaction, Kill& kill);
/// False where there was none.
bool remove_kill(db::Transaction& transaction, std::string_view target);

/// In the order of their targets, those after `after`.
std::vector<Kill> list_kills(db::Connection& connection, std::string_view after, int limit);

/// `{"target", "reason"}`: what audit rows and events say of it, which also say by whom.
std::string describe_kill(std::string_view target, std::string_view reason);

}  // namespace gatehouse::auth
