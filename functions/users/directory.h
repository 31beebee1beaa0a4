#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/principal.h"
#include "core/time.h"
#include "db/connection.h"
#include "users/user.h"

namespace gatehouse::users {

/// Throws Failure 404 `user_not_found`.
User show_user(db::Connection& connection, std::string_view tenant_id, std::string_view id);

/// The users of a tenant, by id (which is the order of their making), those after `after`.
std::vector<User> list_users(db::Connection& connection, std::string_view tenant_id,
                             std::string_view after, int limit);

/// The users in a service's reach: of the tenant it is bound to or asks for, else of all tenants.
/// Throws Failure 404 `tenant_not_found`.
std::vector<User> list_users_for_service(db::Connection& connection, const auth::Principal& service,
                                         const std::optional<std::string>& tenant_id,
                                         std::string_view after, int limit);

/// The tenant that a service's request is about. Throws Failure 404 `tenant_not_found` where the
/// service is bound to another one or the id is none, 400 `tenant_id_required` where it names none
/// and is bound to none.
std::string tenant_for_service(const auth::Principal& service,
                               const std::optional<std::string>& tenant_id);

/// Ends the user's sessions, and refuses new ones; deletes nothing. Idempotent.
/// Throws Failure 404 `user_not_found`.
User disable_user(db::Transaction& transaction, std::string_view id, Time now);

/// Idempotent. Throws Failure 404 `user_not_found`.
User enable_user(db::Transaction& transaction, std::string_view id, Time now);

/// With all its sessions and tokens. Throws Failure 404 `user_not_found`.
void delete_user(db::Transaction& transaction, std::string_view id);

}  // namespace gatehouse::users
