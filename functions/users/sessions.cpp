#include "users/sessions.h"

#include "users/errors.h"
#include "users/session_store.h"

namespace gatehouse::users {

std::vector<Session> list_own_sessions(db::Connection& connection, const db::Scope& scope,
                                       std::string_view after, int limit, Time now) {
  return store::list_sessions(connection, scope, scope.tenant_id(), scope.user_id(), after, limit,
                              now)
      .value_or(std::vector<Session>());
}

std::vector<Session> list_sessions(db::Connection& connection, std::string_view tenant_id,
                                   std::string_view user_id, std::string_view after, int limit,
                                   Time now) {
  auto sessions = store::list_sessions(connection, db::Scope::tenant(tenant_id), tenant_id, user_id,
                                       after, limit, now);
  if (!sessions) throw Failure(errors::user_not_found);
  return *std::move(sessions);
}

void log_out(db::Transaction& transaction, Time now) {
  const db::Scope& own = transaction.scope();
  store::end_session(transaction, own.tenant_id(), own.user_id(), own.session_id(), "logged_out",
                     now);
}

int log_out_everywhere(db::Transaction& transaction, Time now) {
  const db::Scope& own = transaction.scope();
  return store::end_sessions_of(transaction, own.tenant_id(), own.user_id(), "logged_out", now)
      .value_or(0);
}

void end_own_session(db::Transaction& transaction, std::string_view id, Time now) {
  const db::Scope& own = transaction.scope();
  if (!store::end_session(transaction, own.tenant_id(), own.user_id(), id, "ended_by_user", now)) {
    throw Failure(errors::session_not_found);
  }
}

int end_sessions_of(db::Transaction& transaction, std::string_view tenant_id,
                    std::string_view user_id, Time now) {
  const auto ended =
      store::end_sessions_of(transaction, tenant_id, user_id, "ended_by_tenant", now);
  if (!ended) throw Failure(errors::user_not_found);
  return *ended;
}

}  // namespace gatehouse::users
