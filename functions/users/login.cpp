#include "users/login.h"

#include "users/errors.h"
#include "users/session_store.h"
#include "users/store.h"

namespace gatehouse::users {

LoginRefused::LoginRefused(std::string user)
    : Failure(errors::login_refused), user_id(std::move(user)) {}

Authenticated check_password(db::Connection& connection, const PasswordHasher& hasher,
                             std::string_view tenant_id, std::string_view email,
                             const Secret& password) {
  auto account = store::find_account(connection, tenant_id, email_key(email));
  if (!account) {
    hasher.verify_nobody(password);
    throw LoginRefused({});
  }
  // The password is checked before the status, so that a disabled user takes as long.
  const bool right = hasher.verify(password, account->password_hash);
  if (!right || account->user.status != "active") throw LoginRefused(account->user.id);

  if (hasher.outdated(account->password_hash)) {
    std::string renewed = hasher.hash(password);
    // Another login of this user may just have done the same: its hash is the one to go by.
    if (!store::renew_password(connection, tenant_id, account->user.id, account->password_hash,
                               renewed)) {
      return check_password(connection, hasher, tenant_id, email, password);
    }
    account->password_hash = std::move(renewed);
  }
  return {.user = std::move(account->user),
          .password_hash = std::move(account->password_hash),
          .token_lifetime = account->policy.user_token_lifetime};
}

void open_session(db::Transaction& transaction, const Authenticated& login,
                  const Session& session) {
  if (!store::insert_session(transaction, login.user.tenant_id, login.user.id, login.password_hash,
                             session)) {
    throw Failure(errors::login_refused);
  }
}

}  // namespace gatehouse::users
