#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "db/connection.h"
#include "users/sessions.h"

/// The SQL of sessions. Transactions must have the scope of the tenant that is named.
namespace gatehouse::users::store {

/// Opens a session for a user who is active and whose stored password hash is still
/// `password_hash`; false where that has changed. What disables the user or changes the password at
/// the same moment waits for this transaction and then ends the session, or goes first and keeps
/// it from being opened.
bool insert_session(db::Transaction& transaction, std::string_view tenant_id,
                    std::string_view user_id, std::string_view password_hash,
                    const Session& session);

/// Those alive at `now`; none where there is no such user.
std::optional<std::vector<Session>> list_sessions(db::Connection& connection,
                                                  const db::Scope& scope,
                                                  std::string_view tenant_id,
                                                  std::string_view user_id, std::string_view after,
                                                  int limit, Time now);

/// False where the user has no such session that is alive.
bool end_session(db::Transaction& transaction, std::string_view tenant_id, std::string_view user_id,
                 std::string_view id, std::string_view reason, Time now);

/// Queues the end of all sessions of the user but `kept` (which may be "").
void end_sessions(db::Transaction& transaction, std::string_view tenant_id,
                  std::string_view user_id, std::string_view kept, std::string_view reason,
                  Time now);

/// Ends them all and counts those that were alive; none where there is no such user.
std::optional<int> end_sessions_of(db::Transaction& transaction, std::string_view tenant_id,
                                   std::string_view user_id, std::string_view reason, Time now);

}  // namespace gatehouse::users::store
