#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/secret.h"
#include "core/time.h"
#include "db/connection.h"
#include "users/password_hasher.h"
#include "users/sessions.h"
#include "users/user.h"

namespace gatehouse::users {

/// Somebody who has shown the password of a user.
struct Authenticated {
  User user;
  std::string password_hash;                           ///< as stored
  std::optional<std::chrono::seconds> token_lifetime;  ///< as the tenant has settled it
};

/// Failure 401 `login_refused`. Whose account it was is for the audit trail alone; the caller must
/// not be able to tell.
struct LoginRefused : Failure {
  explicit LoginRefused(std::string user);
  std::string user_id;  ///< empty where there is no such account
};

/// One read, then one hash whatever was wrong: an unknown address, a wrong password and a disabled
/// user take the same time and throw the same Failure, LoginRefused. A right password whose
/// hash was made under other parameters is hashed and stored anew.
Authenticated check_password(db::Connection& connection, const PasswordHasher& hasher,
                             std::string_view tenant_id, std::string_view email,
                             const Secret& password);

/// Throws Failure 401 `login_refused` where the user was disabled, deleted or given another
/// password in between.
void open_session(db::Transaction& transaction, const Authenticated& login, const Session& session);

}  // namespace gatehouse::users
