#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"

namespace gatehouse::users {

/// A person in a tenant's user space.
struct User {
  std::string id;              ///< `usr_...`
  std::string tenant_id;       ///< `tnt_...`
  std::string email;           ///< as it was typed
  std::string profile = "{}";  ///< a JSON object, the tenant's to define
  std::vector<std::string> roles;
  std::string status = "active";  ///< active, disabled
  std::optional<Time> email_verified_at;
  Time created_at{}, updated_at{};
};

/// What a change of a user names; absent members stay as they are, a profile is replaced whole.
struct UserChange {
  std::optional<std::string> email, profile;
  std::optional<std::vector<std::string>> roles;

  bool empty() const { return !email && !profile && !roles; }
};

/// Under which an address is unique and looked up: without regard to case. Addresses are ASCII
/// here (http::is_email).
std::string email_key(std::string_view email);

/// Most bytes of a profile as it is sent.
inline constexpr std::size_t profile_limit = 8 * 1024;

}  // namespace gatehouse::users
