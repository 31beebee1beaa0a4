#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/secret.h"
#include "core/time.h"
#include "db/connection.h"
#include "users/password_hasher.h"
#include "users/user.h"

namespace gatehouse::users {

/// Checks that the tenant takes such a user, then hashes the password: one read, one hash.
/// Throws Failure 400 `password_too_short`, 404 `tenant_not_found`, 409 `email_already_registered`,
/// 422 `password_too_common`, `tenant_disabled`.
std::string prepare_registration(db::Connection& connection, const PasswordHasher& hasher,
                                 std::string_view tenant_id, std::string_view email,
                                 const Secret& password);

/// A new user, active and without roles.
struct Registration {
  std::string email;
  std::optional<std::string> profile;  ///< a JSON object
  std::string password_hash;           ///< of prepare_registration()
};

/// Of any number of simultaneous registrations of one address one succeeds.
/// Throws Failure 409 `email_already_registered`.
User register_user(db::Transaction& transaction, std::string_view tenant_id,
                   const Registration& registration, Time now);

}  // namespace gatehouse::users
