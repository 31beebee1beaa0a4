#include "services/scopes.h"

#include "auth/scope_catalogue.h"
#include "auth/scopes.h"
#include "services/errors.h"
#include "services/store.h"

namespace gatehouse::services {

void require_scope_token(std::string_view scope) {
  if (!auth::valid_scope(scope)) throw Failure(errors::scope_name_invalid);
}

Service grant_scope(db::Transaction& transaction, std::string_view client_id,
                    std::string_view scope, std::string_view granted_by, Time now, bool closed) {
  auto found = store::find_for_change(transaction, client_id);
  if (!auth::valid_grant(scope)) throw Failure(errors::wildcard_invalid);
  if (scope == admin_scope && found.service.agent) throw Failure(errors::agent_cannot_manage);
  if (closed && !auth::is_catalogued(transaction, scope)) {
    throw Failure(errors::scope_not_in_catalogue);
  }
  store::insert_scope(transaction, client_id, scope, granted_by, now);
  return std::move(found.service);
}

Service revoke_scope(db::Transaction& transaction, std::string_view client_id,
                     std::string_view scope) {
  auto found = store::find_for_change(transaction, client_id);
  if (scope == admin_scope && found.last_admin) throw Failure(errors::last_admin);
  store::delete_scope(transaction, client_id, scope);
  return std::move(found.service);
}

bool has_permission(db::Connection& connection, std::string_view client_id,
                    std::string_view scope) {
  return auth::covering(store::active_grants(connection, client_id), scope) != nullptr;
}

}  // namespace gatehouse::services
