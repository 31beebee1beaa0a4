#pragma once

#include <string_view>

#include "core/time.h"
#include "db/connection.h"
#include "users/user.h"

namespace gatehouse::users {

/// The user of a session, in one round trip, which also checks the session.
User show_own_user(db::Connection& connection, const db::Scope& scope);

/// Changes a user of the transaction's tenant. A new address counts as not verified, and what was
/// sent to the old one can no longer be used. Throws Failure 400 `nothing_to_change`,
/// 404 `user_not_found`, 409 `email_already_registered`.
User change_user(db::Transaction& transaction, std::string_view id, const UserChange& change,
                 Time now);

/// The names of what a change names, for the audit row: `{"changed":["email"]}`, never values.
std::string changed_members(const UserChange& change);

}  // namespace gatehouse::users
