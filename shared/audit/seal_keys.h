#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "crypto/keyring.h"
#include "db/connection.h"
#include "jose/jws.h"

namespace gatehouse::audit {

/// The keys or seals in the database are not what this system has stored there; what() says which.
class SealsTampered : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The keys that seals are signed with: Ed25519, stored in audit_keys with the private half sealed
/// under the keyring, so that neither the database nor the keyring alone can sign.
///
/// A key that takes the place of another is introduced by it: a JWS (RFC 7515, compact; Ed25519,
/// typ `audit-key`) of the old key whose payload is {"jwk", "created_at"}. With an old public key
/// and the introductions everything can be verified that was sealed since.
struct SealKeys {
  jose::KeySet verifying;
  std::optional<jose::SigningKey> signer;  ///< of the newest; none where there is no key yet
};

/// Reads all keys. Throws SealsTampered for a key whose private half was not sealed by this keyring
/// or does not belong to its public half: somebody has put it there.
SealKeys read_seal_keys(db::Connection& connection, const crypto::Keyring& keyring);

/// Makes the first key, or the successor of `old`, and returns its kid. Call it while nobody else
/// seals.
std::string make_seal_key(db::Transaction& transaction, const crypto::Keyring& keyring,
                          const std::optional<jose::SigningKey>& old, Time now);

/// Those of all keys but the first, in the order in which they took over. Not verified.
std::vector<std::string> read_introductions(db::Connection& connection);

/// `trusted`, and the key of the introduction if one of them signed it; else just `trusted`.
jose::KeySet with_introduced(const jose::KeySet& trusted, std::string_view introduction);

/// A JWK Set (RFC 7517 §5) of Ed25519 keys, as `gatehouse audit keys` prints it. Throws
/// std::invalid_argument where it is none.
jose::KeySet key_set_of(std::string_view jwks);

}  // namespace gatehouse::audit
