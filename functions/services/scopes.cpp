#include "services/scopes.h"

#include <algorithm>

#include "services/errors.h"
#include "services/store.h"

namespace gatehouse::services {
namespace {

constexpr std::size_t longest_scope = 128;

bool scope_character(char c) {
  return c >= 0x21 && c <= 0x7e && c != '"' && c != '\\';
}

}  // namespace

void require_scope_token(std::string_view scope) {
  if (scope.empty() || scope.size() > longest_scope || !std::ranges::all_of(scope, scope_character))
    throw Failure(errors::scope_name_invalid);
}

Service grant_scope(db::Transaction& transaction, std::string_view client_id,
                    std::string_view scope, std::string_view granted_by, Time now) {
  auto found = store::find_for_change(transaction, client_id);
  if (scope == admin_scope && found.service.agent) throw Failure(errors::agent_cannot_manage);
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
  return store::has_permission(connection, client_id, scope);
}

}  // namespace gatehouse::services
