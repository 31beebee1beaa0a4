#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/secret.h"
#include "core/time.h"
#include "crypto/keyring.h"
#include "db/connection.h"

namespace gatehouse::tenants {

enum class KeyKind { public_key, secret_key };
std::string_view kind_name(KeyKind kind);  ///< public, secret

/// An API key as it is kept: never the secret key itself.
struct Key {
  std::string id;  ///< `tky_...`
  std::string kind;
  std::string fingerprint;  ///< 16 hex digits
  std::string public_key;   ///< of a public key
  Time created_at{};
  std::optional<Time> expires_at;  ///< the end of a rotated key's overlap
};

struct NewKey {
  std::string id, fingerprint;
  Secret key;
  Time created_at;
  std::optional<Time> previous_expires_at;  ///< when the keys before stop working
};

/// Makes a key, hashed under the pepper. The transaction must have the tenant's scope.
NewKey add_key(db::Transaction& transaction, const crypto::Keyring& keyring,
               std::string_view tenant_id, KeyKind kind, Time now);

/// Makes a new key of the kind; the ones before it work on for `grace`, and not at all where that
/// is 0. A key that was to end sooner still does. Throws Failure 404.
NewKey rotate_key(db::Transaction& transaction, const crypto::Keyring& keyring,
                  std::string_view tenant_id, KeyKind kind, std::chrono::seconds grace, Time now);

/// The keys that work, newest first.
std::vector<Key> list_keys(db::Connection& connection, std::string_view tenant_id, Time now);

}  // namespace gatehouse::tenants
