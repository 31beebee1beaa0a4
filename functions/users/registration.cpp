#include "users/registration.h"

#include "core/ids.h"
#include "users/errors.h"
#include "users/passwords.h"
#include "users/store.h"

namespace gatehouse::users {

std::string prepare_registration(db::Connection& connection, const PasswordHasher& hasher,
                                 std::string_view tenant_id, std::string_view email,
                                 const Secret& password) {
  const auto vacancy = store::find_vacancy(connection, tenant_id, email_key(email));
  if (!vacancy) throw Failure(errors::tenant_not_found);
  if (!vacancy->policy.active) throw Failure(errors::tenant_disabled);
  require_acceptable(password, "password", vacancy->policy);
  if (vacancy->email_taken) throw Failure(errors::email_already_registered);
  return hasher.hash(password);
}

User register_user(db::Transaction& transaction, std::string_view tenant_id,
                   const Registration& registration, Time now) {
  User user;
  user.id = make_id("usr_", now);
  user.tenant_id = tenant_id;
  user.email = registration.email;
  if (registration.profile) user.profile = *registration.profile;
  user.created_at = user.updated_at = now;
  auto stored = store::insert(transaction, user, registration.password_hash);
  if (!stored) throw Failure(errors::email_already_registered);
  return *std::move(stored);
}

}  // namespace gatehouse::users
