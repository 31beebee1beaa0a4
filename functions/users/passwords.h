#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/secret.h"
#include "core/time.h"
#include "db/connection.h"
#include "users/password_hasher.h"

namespace gatehouse::users {

/// What a tenant has settled for its users.
struct TenantPolicy {
  bool active = true;
  int password_min_length = 6;  ///< in characters (code points)
  bool refuse_common_passwords = false;
  std::optional<std::chrono::seconds> user_token_lifetime;  ///< absent: the server's default
};

/// Throws Failure 400 `<member>_too_short`, 422 `password_too_common`. `member` is the request's
/// name of the password.
void require_acceptable(const Secret& password, std::string_view member,
                        const TenantPolicy& policy);

/// Throws Failure 422 `current_password_wrong` unless this is the password of the session's user;
/// one read, one hash.
void confirm_password(db::Connection& connection, const PasswordHasher& hasher,
                      const db::Scope& scope, const Secret& current);

/// A change of password that is ready to be stored.
struct PasswordChange {
  std::string replaced;  ///< the stored hash that `current_password` was checked against
  std::string hash;
};

/// Checks both passwords and hashes the new one; one read, two hashes. `scope` is the user's
/// session. Throws Failure 400, 422 `current_password_wrong`, `password_too_common`.
PasswordChange prepare_password_change(db::Connection& connection, const PasswordHasher& hasher,
                                       const db::Scope& scope, const Secret& current,
                                       const Secret& wanted);

/// Stores it, ends the user's other sessions and what was sent out to reset the old password.
/// Throws Failure 422 `current_password_wrong` where the password was changed in between.
void change_password(db::Transaction& transaction, const PasswordChange& change, Time now);

}  // namespace gatehouse::users
