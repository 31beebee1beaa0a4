#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/keyring.h"

namespace gatehouse::users {

/// Device tokens: a device that has logged in keeps one, and shows by it that it has done so
/// before. It is no credential: it only gives the device a count of wrong passwords of its own, so
/// that nobody behind the same address, and no server in front of many users, makes it wait. Bound
/// to one account by an HMAC; nothing is stored, and every copy of the program knows every copy's
/// tokens. Thread-safe.
class Devices {
 public:
  explicit Devices(const crypto::Keyring& keyring);

  /// `dvt_` + base64url of 16 random bytes and their MAC.
  std::string make_token(std::string_view tenant_id, std::string_view email_key) const;

  /// The device's name: the random part. Absent where the token was not made for this account.
  std::optional<std::string> name(std::string_view token, std::string_view tenant_id,
                                  std::string_view email_key) const;

 private:
  std::string mac(std::string_view name, std::string_view tenant_id,
                  std::string_view email_key) const;

  const crypto::HmacKey key_;
};

}  // namespace gatehouse::users
