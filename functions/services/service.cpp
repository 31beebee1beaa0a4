#include "services/service.h"

#include "auth/custom_claims.h"
#include "core/ids.h"
#include "crypto/machine_secret.h"
#include "services/errors.h"
#include "services/store.h"

namespace gatehouse::services {
namespace {

std::shared_ptr<const auth::Agent> changed(const std::shared_ptr<const auth::Agent>& agent,
                                           const ThresholdChange& change) {
  if (!agent) throw Failure(errors::not_an_agent);
  auto made = std::make_shared<auth::Agent>(*agent);
  made->thresholds = change.applied_to(agent->thresholds);
  return made;
}

std::string changed(std::string_view claims, const json::Value& change) {
  if (change.is(json::Kind::null)) return {};
  std::string made = auth::merge_claims(claims, change);
  if (made.size() > auth::most_claim_bytes) throw Failure(errors::custom_claims_too_large);
  return made;
}

}  // namespace

RegisteredService register_service(db::Transaction& transaction, const crypto::Keyring& keyring,
                                   std::string name, std::string description, Time now,
                                   const std::optional<auth::Thresholds>& thresholds,
                                   Authentication authentication) {
  RegisteredService made;
  made.service.client_id = make_id("svc_", now);
  made.service.name = std::move(name);
  made.service.description = std::move(description);
  made.service.created_at = made.service.updated_at = now;
  if (thresholds) {
    made.service.agent = std::make_shared<auth::Agent>(auth::Agent{.thresholds = *thresholds});
  }
  made.service.authentication = std::move(authentication);
  store::insert(transaction, made.service);
  if (!made.service.authentication.by_secret()) return made;
  made.secret = crypto::make_machine_secret("secret_");
  store::insert_secret(transaction, made.service.client_id,
                       crypto::machine_secret_hash(keyring, made.secret.reveal()), now);
  return made;
}

std::vector<Service> list_services(db::Connection& connection, std::string_view after, int limit) {
  return store::list(connection, after, limit);
}

Service change_service(db::Transaction& transaction, std::string_view client_id,
                       const ServiceChange& change, Time now) {
  if (change.empty()) throw Failure(errors::nothing_to_change);
  const bool binds = change.tenant_id && *change.tenant_id;
  auto [service, last_admin, tenant_known] =
      store::find_for_change(transaction, client_id, binds ? **change.tenant_id : std::string());
  if (binds && !tenant_known) throw Failure(errors::tenant_not_found);
  if (binds && last_admin) throw Failure(errors::last_admin);

  if (change.description) service.description = *change.description;
  if (change.tenant_id) service.tenant_id = *change.tenant_id;
  if (change.system_id) service.system_id = *change.system_id;
  if (change.env) service.env = *change.env;
  if (change.audiences) service.audiences = *change.audiences;
  if (change.token_lifetime) service.token_lifetime = *change.token_lifetime;
  if (change.thresholds) service.agent = changed(service.agent, *change.thresholds);
  if (change.default_scopes) service.default_scopes = *change.default_scopes;
  if (change.custom_claims)
    service.custom_claims = changed(service.custom_claims, *change.custom_claims);
  apply(change.authentication, service.authentication);
  service.updated_at = now;
  store::update(transaction, service);
  if (!change.authentication.empty()) store::set_authentication(transaction, service);
  if (change.changes_token_content()) store::set_token_content(transaction, service);
  return service;
}

Service set_status(db::Transaction& transaction, std::string_view client_id,
                   std::string_view status, Time now) {
  auto [service, last_admin, tenant_known] = store::find_for_change(transaction, client_id);
  if (service.status == status) return service;
  if (last_admin) throw Failure(errors::last_admin);
  service.status = status;
  service.updated_at = now;
  store::update(transaction, service);
  return service;
}

Service revoke_tokens(db::Transaction& transaction, std::string_view client_id, Time now) {
  auto [service, last_admin, tenant_known] = store::find_for_change(transaction, client_id);
  service.tokens_valid_from = now;
  service.updated_at = now;
  store::update(transaction, service);
  return service;
}

void require_platform_service(const auth::Principal& caller) {
  if (!caller.tenant_id.empty()) throw Failure(errors::platform_service_required);
}

}  // namespace gatehouse::services
