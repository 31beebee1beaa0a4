#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::users {

/// One login of a user on one device. A user's token is worth as much as its session: whatever ends
/// the session ends the token with the next request.
struct Session {
  std::string id;  ///< `ses_...`
  Time created_at{}, expires_at{};
  std::string remote_address, user_agent;  ///< of the login
};

/// The sessions that are alive, by id, those after `after`. `scope` is a session of the user's own.
std::vector<Session> list_own_sessions(db::Connection& connection, const db::Scope& scope,
                                       std::string_view after, int limit, Time now);

/// The same of any user of the tenant. Throws Failure 404 `user_not_found`.
std::vector<Session> list_sessions(db::Connection& connection, std::string_view tenant_id,
                                   std::string_view user_id, std::string_view after, int limit,
                                   Time now);

/// Ends the session that the transaction's scope names.
void log_out(db::Transaction& transaction, Time now);

/// Ends all sessions of the user of the transaction's session; returns how many.
int log_out_everywhere(db::Transaction& transaction, Time now);

/// Ends one of the sessions of the user of the transaction's session.
/// Throws Failure 404 `session_not_found`.
void end_own_session(db::Transaction& transaction, std::string_view id, Time now);

/// Ends all sessions of a user; returns how many. Throws Failure 404 `user_not_found`.
int end_sessions_of(db::Transaction& transaction, std::string_view tenant_id,
                    std::string_view user_id, Time now);

}  // namespace gatehouse::users
