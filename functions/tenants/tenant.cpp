#include "tenants/tenant.h"

#include "tenants/errors.h"
#include "tenants/keys.h"
#include "tenants/store.h"

namespace gatehouse::tenants {

CreatedTenant create_tenant(db::Transaction& transaction, const crypto::Keyring& keyring,
                            std::string id, std::string name, Time now) {
  CreatedTenant created;
  created.tenant.id = std::move(id);
  created.tenant.name = std::move(name);
  created.tenant.created_at = created.tenant.updated_at = now;
  store::insert(transaction, created.tenant);
  created.public_key =
      add_key(transaction, keyring, created.tenant.id, KeyKind::public_key, now).key;
  created.secret_key =
      add_key(transaction, keyring, created.tenant.id, KeyKind::secret_key, now).key;
  return created;
}

TenantCard show_tenant(db::Connection& connection, std::string_view id) {
  auto card = store::find_card(connection, id);
  if (!card) throw Failure(errors::tenant_not_found);
  return *std::move(card);
}

Tenant change_tenant(db::Transaction& transaction, std::string_view id, const TenantChange& change,
                     Time now) {
  if (change.empty()) throw Failure(errors::nothing_to_change);
  auto tenant = store::update(transaction, id, change, now);
  if (!tenant) throw Failure(errors::tenant_not_found);
  return *std::move(tenant);
}

Tenant set_status(db::Transaction& transaction, std::string_view id, std::string_view status,
                  Time now) {
  auto tenant = store::update_status(transaction, id, status, now);
  if (!tenant) throw Failure(errors::tenant_not_found);
  return *std::move(tenant);
}

std::vector<Tenant> list_tenants(db::Connection& connection, const auth::Principal& service,
                                 std::string_view after, int limit) {
  const auto scope =
      service.tenant_id.empty() ? db::Scope::platform() : db::Scope::tenant(service.tenant_id);
  return store::list(connection, scope, after, limit);
}

void require_manager(const auth::Principal& caller, std::string_view tenant_id) {
  const bool own = caller.tenant_id == tenant_id;
  const bool platform_service =
      caller.is(auth::Credential::service_token) && caller.tenant_id.empty();
  if (!own && !platform_service) throw Failure(errors::tenant_not_found);
}

}  // namespace gatehouse::tenants
