#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/signing.h"
#include "json/value.h"

namespace gatehouse::jose {

/// Longest token that is looked at.
inline constexpr std::size_t max_token_bytes = 8192;

/// Why a token is not believed. The first four come from verify_compact, the rest from
/// check_claims, but the last.
enum class Rejection {
  malformed,      ///< not three parts of strict base64url, header or payload not an object of valid
                  ///< JSON
  unsupported,    ///< alg none or unknown, crit, b64, or a key inside the token (jku, jwk, x5u, x5c
                  ///< ...)
  unknown_key,    ///< no kid, or none of ours
  bad_signature,  ///< also: alg is not the key's algorithm
  wrong_type,
  wrong_issuer,
  wrong_audience,
  expired,
  not_yet_valid,
  revoked,  ///< known only to whoever keeps revocations (auth)
};

/// The enumerator's name, for logs and metrics.
std::string_view to_string(Rejection rejection);

/// The members of a JOSE header that matter (RFC 7515 §4.1). Absent ones are empty.
struct Header {
  std::string alg;
  std::string kid;
  std::string typ;
};

/// A key that signs, with its headers made ready. Immutable; copies share the key. Thread-safe.
struct SigningKey {
  /// `types` are the values of `typ` that will be asked for.
  SigningKey(std::string key_id, crypto::PrivateKey private_key,
             const std::vector<std::string>& types = {"at+jwt", "JWT", "gatehouse-assertion+jwt"});

  /// base64url of {"typ", "alg", "kid"}. Throws std::out_of_range for a type that was not named
  /// above.
  const std::string& encoded_header(std::string_view typ) const;

  std::string kid;
  crypto::Algorithm algorithm;
  crypto::PrivateKey key;

 private:
  std::vector<std::pair<std::string, std::string>> headers_;
};

/// JWS compact serialization (RFC 7515 §7.1) of a payload that is JSON text already.
std::string sign_compact(const std::string& encoded_header, std::string_view payload_json,
                         const crypto::PrivateKey& key);

/// A key that verifies. The algorithm belongs to this record; a token's `alg` only has to agree
/// with it.
struct VerificationKey {
  std::string kid;
  crypto::Algorithm algorithm;
  crypto::PublicKey key;
};

/// Whether a token may leave out its `kid` where the set has only one key.
enum class KeyId { required, implied_by_one };

/// All keys whose tokens are believed. Immutable, so share it by shared_ptr and replace it whole.
class KeySet {
 public:
  KeySet() = default;
  /// Throws std::invalid_argument where two keys have one kid, a kid is empty, or a record's
  /// algorithm is not its key's.
  explicit KeySet(std::vector<VerificationKey> keys);

  /// The key, or nullptr. Valid as long as the set.
  const VerificationKey* find(std::string_view kid, KeyId rule = KeyId::required) const;
  const std::vector<VerificationKey>& keys() const { return keys_; }  ///< ordered by kid

 private:
  std::vector<VerificationKey> keys_;
};

/// What a token says, its signature being good. The claims are not checked yet: see jwt.h.
struct Verified {
  std::string kid;
  std::string typ;     ///< empty where the header has none
  json::Value claims;  ///< always an object
};

/// Either a token or the reason why it is none.
struct Result {
  std::optional<Verified> token;
  Rejection rejection = Rejection::malformed;  ///< meaningful only where there is no token

  explicit operator bool() const { return token.has_value(); }
};

/// Verifies a JWS in compact serialization (RFC 7515 §5.2, RFC 8725). Strict: one token has one
/// spelling. Never throws on account of the token.
Result verify_compact(std::string_view token, const KeySet& keys, KeyId rule = KeyId::required);

}  // namespace gatehouse::jose
