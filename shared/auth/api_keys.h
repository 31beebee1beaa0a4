#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/cache.h"
#include "auth/epoch.h"
#include "auth/principal.h"
#include "crypto/keyring.h"

namespace gatehouse::auth {

/// A tenant's API key, as looked up by its hash. The key itself is nowhere.
struct ApiKey {
  std::string key_id;
  std::string tenant_id;
  Credential kind = Credential::none;  ///< public_key or secret_key
  bool tenant_active = false;
  std::optional<Time> expires_at;  ///< set once the key was rotated: the end of its overlap
};

/// The tenants' API keys. Thread-safe.
class ApiKeys {
 public:
  ApiKeys(const crypto::Keyring& keyring, EpochWatch& epochs, std::size_t entries)
      : keyring_(keyring), epochs_(epochs), cache_(entries) {}

  /// Null where the key is unknown, expired or of a disabled tenant. A key whose checksum is wrong
  /// is refused without a look-up; one that is not cached costs one round trip.
  Cache<ApiKey>::Pointer find(std::string_view key, db::Connection& connection, Time now);

 private:
  const crypto::Keyring& keyring_;
  EpochWatch& epochs_;
  Cache<ApiKey> cache_;
};

}  // namespace gatehouse::auth
