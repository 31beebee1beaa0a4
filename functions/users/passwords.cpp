#include "users/passwords.h"

#include <algorithm>

#include "users/errors.h"
#include "users/session_store.h"
#include "users/store.h"
#include "users/token_store.h"

namespace gatehouse::users {
namespace {

std::ptrdiff_t code_points(std::string_view utf8) {
  return std::ranges::count_if(
      utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

}  // namespace

void require_acceptable(const Secret& password, std::string_view member,
                        const TenantPolicy& policy) {
  if (code_points(password.reveal()) < policy.password_min_length) {
    const std::string least =
        "at least " + std::to_string(policy.password_min_length) + " characters";
    throw Failure(400, std::string(member) + "_too_short",
                  '"' + std::string(member) + "\" must be " + least,
                  "Choose a password of " + least + '.');
  }
  if (policy.refuse_common_passwords && crypto::is_common_password(password.reveal())) {
    throw Failure(errors::password_too_common);
  }
}

void confirm_password(db::Connection& connection, const PasswordHasher& hasher,
                      const db::Scope& scope, const Secret& current) {
  const auto account = store::find_own_account(connection, scope);
  if (!account) throw Failure(errors::user_not_found);
  if (!hasher.verify(current, account->password_hash)) {
    throw Failure(errors::current_password_wrong);
  }
}

PasswordChange prepare_password_change(db::Connection& connection, const PasswordHasher& hasher,
                                       const db::Scope& scope, const Secret& current,
                                       const Secret& wanted) {
  auto account = store::find_own_account(connection, scope);
  if (!account) throw Failure(errors::user_not_found);
  require_acceptable(wanted, "new_password", account->policy);
  if (!hasher.verify(current, account->password_hash)) {
    throw Failure(errors::current_password_wrong);
  }
  return {.replaced = std::move(account->password_hash), .hash = hasher.hash(wanted)};
}

void change_password(db::Transaction& transaction, const PasswordChange& change, Time now) {
  const db::Scope& own = transaction.scope();
  const std::string &tenant = own.tenant_id(), &user = own.user_id();
  if (!store::replace_password(transaction, tenant, user, change.replaced, change.hash, now)) {
    throw Failure(errors::current_password_wrong);
  }
  store::end_sessions(transaction, tenant, user, own.session_id(), "password_changed", now);
  store::drop_one_time_tokens(transaction, tenant, user, Purpose::password_reset);
}

}  // namespace gatehouse::users
