#include "users/one_time_tokens.h"

#include "crypto/machine_secret.h"
#include "users/errors.h"
#include "users/session_store.h"
#include "users/store.h"
#include "users/token_store.h"

namespace gatehouse::users {
namespace {

constexpr std::string_view prefix = "otp_";

crypto::Digest hash_of(const crypto::Keyring& keyring, std::string_view token) {
  if (!crypto::well_formed_machine_secret(prefix, token)) {
    throw Failure(errors::one_time_token_invalid);
  }
  return crypto::machine_secret_hash(keyring, token);
}

std::string consume(db::Transaction& transaction, const crypto::Keyring& keyring,
                    std::string_view tenant_id, std::string_view token, Purpose purpose, Time now) {
  auto user_id =
      store::consume_one_time_token(transaction, tenant_id, purpose, hash_of(keyring, token), now);
  if (!user_id) throw Failure(errors::one_time_token_invalid);
  return *std::move(user_id);
}

}  // namespace

std::string_view purpose_name(Purpose purpose) {
  return purpose == Purpose::password_reset ? "password_reset" : "email_verification";
}

OneTimeToken request_one_time_token(db::Transaction& transaction, const crypto::Keyring& keyring,
                                    std::string_view tenant_id, std::string_view email,
                                    Purpose purpose, Time now) {
  OneTimeToken made{.token = crypto::make_machine_secret(prefix),
                    .expires_at = now + one_time_token_lifetime,
                    .user_id = {}};
  auto user_id = store::insert_one_time_token(
      transaction, tenant_id, email_key(email), purpose,
      crypto::machine_secret_hash(keyring, made.token.reveal()), now, made.expires_at);
  if (!user_id) throw Failure(errors::user_not_found);
  made.user_id = *std::move(user_id);
  return made;
}

std::string prepare_password_reset(db::Connection& connection, const PasswordHasher& hasher,
                                   const crypto::Keyring& keyring, std::string_view tenant_id,
                                   std::string_view token, const Secret& password, Time now) {
  const auto policy = store::find_policy_for_token(connection, tenant_id, Purpose::password_reset,
                                                   hash_of(keyring, token), now);
  if (!policy) throw Failure(errors::one_time_token_invalid);
  require_acceptable(password, "new_password", *policy);
  return hasher.hash(password);
}

std::string reset_password(db::Transaction& transaction, const crypto::Keyring& keyring,
                           std::string_view tenant_id, std::string_view token,
                           std::string_view password_hash, Time now) {
  std::string user_id =
      consume(transaction, keyring, tenant_id, token, Purpose::password_reset, now);
  store::set_password(transaction, tenant_id, user_id, password_hash, now);
  store::end_sessions(transaction, tenant_id, user_id, "", "password_reset", now);
  store::drop_one_time_tokens(transaction, tenant_id, user_id, Purpose::password_reset);
  return user_id;
}

std::string verify_email(db::Transaction& transaction, const crypto::Keyring& keyring,
                         std::string_view tenant_id, std::string_view token, Time now) {
  std::string user_id =
      consume(transaction, keyring, tenant_id, token, Purpose::email_verification, now);
  store::set_email_verified(transaction, tenant_id, user_id, now);
  return user_id;
}

}  // namespace gatehouse::users
