#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/secret.h"
#include "core/time.h"
#include "crypto/keyring.h"
#include "db/connection.h"
#include "users/password_hasher.h"

namespace gatehouse::users {

/// What a one-time token lets its holder do.
enum class Purpose { password_reset, email_verification };
std::string_view purpose_name(Purpose purpose);

inline constexpr std::chrono::minutes one_time_token_lifetime{30};

/// A token for the tenant's own mailer to send; it is shown this once.
struct OneTimeToken {
  Secret token;  ///< `otp_...`
  Time expires_at;
  std::string user_id;
};

/// Makes a token for the user of that address. Throws Failure 404 `user_not_found`.
OneTimeToken request_one_time_token(db::Transaction& transaction, const crypto::Keyring& keyring,
                                    std::string_view tenant_id, std::string_view email,
                                    Purpose purpose, Time now);

/// Checks that the token could be used and that the tenant accepts the password, then hashes it:
/// one read, one hash. Throws Failure 400 `one_time_token_invalid`, `new_password_too_short`, 422.
std::string prepare_password_reset(db::Connection& connection, const PasswordHasher& hasher,
                                   const crypto::Keyring& keyring, std::string_view tenant_id,
                                   std::string_view token, const Secret& password, Time now);

/// Uses the token up, stores the new password's hash and ends all of the user's sessions. Returns
/// the user's id. Throws Failure 400 `one_time_token_invalid`.
std::string reset_password(db::Transaction& transaction, const crypto::Keyring& keyring,
                           std::string_view tenant_id, std::string_view token,
                           std::string_view password_hash, Time now);

/// Uses the token up and marks the user's address as verified. Returns the user's id.
/// Throws Failure 400 `one_time_token_invalid`.
std::string verify_email(db::Transaction& transaction, const crypto::Keyring& keyring,
                         std::string_view tenant_id, std::string_view token, Time now);

}  // namespace gatehouse::users
