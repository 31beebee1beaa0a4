#include "users/directory.h"

#include "core/ids.h"
#include "users/errors.h"
#include "users/session_store.h"
#include "users/store.h"

namespace gatehouse::users {
namespace {

User set_status(db::Transaction& transaction, std::string_view id, std::string_view status,
                Time now) {
  auto user = store::update_status(transaction, transaction.scope().tenant_id(), id, status, now);
  if (!user) throw Failure(errors::user_not_found);
  return *std::move(user);
}

}  // namespace

User show_user(db::Connection& connection, std::string_view tenant_id, std::string_view id) {
  auto user = store::find(connection, db::Scope::tenant(tenant_id), tenant_id, id);
  if (!user) throw Failure(errors::user_not_found);
  return *std::move(user);
}

std::vector<User> list_users(db::Connection& connection, std::string_view tenant_id,
                             std::string_view after, int limit) {
  return store::list(connection, tenant_id, after, limit);
}

std::string tenant_for_service(const auth::Principal& service,
                               const std::optional<std::string>& tenant_id) {
  const std::string& bound = service.tenant_id;
  if (!tenant_id) {
    if (bound.empty()) throw Failure(errors::tenant_required);
    return bound;
  }
  // Only an id may become a scope: to row-level security "*" means every tenant.
  if (!is_id("tnt_", *tenant_id) || (!bound.empty() && bound != *tenant_id)) {
    throw Failure(errors::tenant_not_found);
  }
  return *tenant_id;
}

std::vector<User> list_users_for_service(db::Connection& connection, const auth::Principal& service,
                                         const std::optional<std::string>& tenant_id,
                                         std::string_view after, int limit) {
  if (!tenant_id && service.tenant_id.empty()) return store::list_all(connection, after, limit);
  auto users =
      store::list_of_tenant(connection, tenant_for_service(service, tenant_id), after, limit);
  if (!users) throw Failure(errors::tenant_not_found);
  return *std::move(users);
}

User disable_user(db::Transaction& transaction, std::string_view id, Time now) {
  User user = set_status(transaction, id, "disabled", now);
  store::end_sessions(transaction, user.tenant_id, id, "", "user_disabled", now);
  return user;
}

User enable_user(db::Transaction& transaction, std::string_view id, Time now) {
  return set_status(transaction, id, "active", now);
}

void delete_user(db::Transaction& transaction, std::string_view id) {
  if (!store::remove(transaction, transaction.scope().tenant_id(), id)) {
    throw Failure(errors::user_not_found);
  }
}

}  // namespace gatehouse::users
