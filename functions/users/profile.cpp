#include "users/profile.h"

#include "json/write.h"
#include "users/errors.h"
#include "users/store.h"
#include "users/token_store.h"

namespace gatehouse::users {

User show_own_user(db::Connection& connection, const db::Scope& scope) {
  auto user = store::find(connection, scope, scope.tenant_id(), scope.user_id());
  if (!user) throw Failure(errors::user_not_found);
  return *std::move(user);
}

User change_user(db::Transaction& transaction, std::string_view id, const UserChange& change,
                 Time now) {
  if (change.empty()) throw Failure(errors::nothing_to_change);
  const std::string& tenant_id = transaction.scope().tenant_id();
  auto user = store::update(transaction, tenant_id, id, change, now);
  if (!user) throw Failure(errors::user_not_found);
  if (change.email) store::drop_one_time_tokens(transaction, tenant_id, id, std::nullopt);
  return *std::move(user);
}

std::string changed_members(const UserChange& change) {
  json::Writer out;
  out.begin_object().key("changed").begin_array();
  if (change.email) out.string("email");
  if (change.profile) out.string("profile");
  if (change.roles) out.string("roles");
  out.end_array().end_object();
  return out.take();
}

}  // namespace gatehouse::users
