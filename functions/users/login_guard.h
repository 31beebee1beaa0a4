#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/siphash.h"
#include "limits/delay.h"
#include "users/devices.h"
#include "users/login.h"

namespace gatehouse::users {

/// Somebody who says that an account is his. Views are valid as long as the attempt lasts.
struct Claimant {
  std::string_view tenant_id;
  std::string email_key;  ///< whether there is such an account or not
  std::string_view remote_address;
  std::string_view device_token;  ///< as sent; empty where there is none
};

/// Makes guessing passwords slow, per account and source: a device that has logged in before is a
/// source of its own, everybody else is his address. So wrong passwords from one source never make
/// another wait. An account that does not exist is counted like any other. In this process alone.
class LoginGuard {
 public:
  using Now = std::function<limits::Instant()>;

  LoginGuard(const limits::DelayPolicy& policy, const crypto::Keyring& keyring, std::size_t entries,
             Now now = std::chrono::steady_clock::now);

  /// Does `check` (which throws Failure `login_refused` for a wrong password) unless the claimant
  /// has to wait: then it is not done, and Failure 429 `login_delayed` says how long. Under a dry
  /// run that is logged instead.
  Authenticated attempt(const Claimant& claimant, const std::function<Authenticated()>& check);

  /// The token for a device that has just logged in: its own where it showed a good one.
  std::string device_token(const Claimant& claimant) const;

 private:
  std::uint64_t key_of(const Claimant& claimant) const;

  const SipHash::Key hash_key_;
  const Devices devices_;
  const Now now_;
  limits::Delays delays_;
};

}  // namespace gatehouse::users
