#include "tokens/gate_routes.h"

#include <algorithm>

#include "gate/store.h"

namespace gatehouse::tokens {
namespace {

using auth::Access;
using auth::Credential;

bool holds(const std::vector<std::string>& texts, std::string_view text) {
  return std::ranges::find(texts, text) != texts.end();
}

Access access_for(const gate::Policy& policy) {
  Access access = Access::anyone();  // of no credential; `callers` is never empty
  for (const std::string& kind : policy.callers) {
    if (kind == "public_key") access = access | Access::any_key();
    if (kind == "secret_key") access = access | Access::secret_key();
    if (kind == "user") access = access | Access::user();
    if (kind == "service" || kind == "agent") access = access | Access::service();
  }
  return access;
}

/// What cannot be read admits nobody; it was checked when it was stored.
std::vector<Network> networks_of(const gate::Policy& policy) {
  std::vector<Network> networks;
  for (const std::string& text : policy.networks) {
    if (const auto network = Network::parse(text)) networks.push_back(*network);
  }
  return networks;
}

}  // namespace

GateRoute::GateRoute(gate::Policy stored)
    : policy(std::move(stored)), access(access_for(policy)), networks(networks_of(policy)) {}

bool GateRoute::admits_kind(std::string_view kind) const {
  return holds(policy.callers, kind);
}

bool GateRoute::admits_method(std::string_view method) const {
  return holds(policy.methods, method);
}

bool GateRoute::admits_address(std::string_view remote_address) const {
  if (policy.networks.empty()) return true;
  const auto address = Address::parse(remote_address);
  return address && std::ranges::any_of(networks, [&](const Network& network) {
           return network.contains(*address);
         });
}

bool GateRoute::admits_caller(const auth::Principal& caller) const {
  if (caller.agent && !admits_kind("agent")) return false;
  const bool agent_itself = caller.agent && caller.is(Credential::service_token);
  return agent_itself || admits_kind(auth::credential_name(caller.credential));
}

bool GateRoute::admits_tenant(const auth::Principal& caller) const {
  return policy.tenants.empty() || holds(policy.tenants, caller.tenant_id);
}

bool GateRoute::admits_scopes(const auth::Principal& caller) const {
  if (policy.scopes.empty() || !caller.is(Credential::service_token)) return true;
  const auto held = [&](const std::string& scope) { return caller.has_scope(scope); };
  return policy.any_scope ? std::ranges::any_of(policy.scopes, held)
                          : std::ranges::all_of(policy.scopes, held);
}

std::shared_ptr<const GateRoute> GateRoutes::find(std::string_view name,
                                                  db::Connection& connection) {
  const auto snapshot = current(connection);
  const auto found = snapshot->by_name.find(name);
  return found == snapshot->by_name.end() ? nullptr : found->second;
}

std::shared_ptr<const GateRoutes::Snapshot> GateRoutes::current(db::Connection& connection) {
  const std::int64_t epoch = epochs_.of(auth::Topic::gate_routes);
  {
    std::shared_lock lock(mutex_);
    if (snapshot_ && snapshot_->epoch == epoch) return snapshot_;
  }
  std::lock_guard lock(mutex_);  // one reader; the others then find it
  if (snapshot_ && snapshot_->epoch == epoch) return snapshot_;
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->epoch = epoch;
  for (gate::Policy& policy : gate::all(connection)) {
    std::string name = policy.name;
    snapshot->by_name.emplace(std::move(name),
                              std::make_shared<const GateRoute>(std::move(policy)));
  }
  snapshot_ = std::move(snapshot);
  return snapshot_;
}

}  // namespace gatehouse::tokens
