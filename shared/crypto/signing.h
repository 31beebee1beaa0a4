#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/secret.h"

namespace gatehouse::crypto {

/// The signature algorithms of JWS that this system knows (RFC 7518 §3.1, RFC 8037 §3.1).
enum class Algorithm { es256, eddsa, rs256, hs256 };

/// "ES256", "EdDSA", "RS256", "HS256": the names are case-sensitive. EdDSA is also known by the
/// name that says its curve, "Ed25519" (RFC 9864 §2.2), which newer clients write.
std::string_view algorithm_name(Algorithm algorithm);
std::optional<Algorithm> algorithm_from_name(std::string_view name);

/// A key is not acceptable: not decodable, not of the algorithm, not on its curve or too weak.
/// what() tells nothing of the key.
class KeyError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The members of a public JWK that make the key (RFC 7518 §6, RFC 8037 §2), numbers in base64url.
/// Members that the key type does not have are empty.
struct JwkFields {
  std::string kty;  ///< EC, OKP or RSA
  std::string crv;  ///< P-256 or Ed25519
  std::string x, y;
  std::string n, e;
};

/// What verifies signatures of one algorithm. For HS256, which has no public half, this is the
/// secret itself, and jwk() refuses. Copies share the key. Thread-safe.
class PublicKey {
 public:
  /// Throws KeyError. EC points must be on the curve; RSA moduli have 2048-8192 bits (RFC 7518
  /// §3.3), their exponents are odd and 65537 or more, up to 64 bits.
  static PublicKey from_jwk_fields(Algorithm algorithm, const JwkFields& fields);
  /// For HS256 only: at least 32 bytes (RFC 7518 §3.2). Throws KeyError.
  static PublicKey from_secret(const Secret& key);

  Algorithm algorithm() const;
  /// `signature` in JWS form, see PrivateKey::sign. Never throws on account of the signature.
  bool verify(std::string_view data, std::string_view signature) const;
  /// Throws KeyError for HS256.
  const JwkFields& jwk() const;

 private:
  friend class PrivateKey;
  struct State;
  explicit PublicKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

/// What makes signatures of one algorithm. Copies share the key, which is wiped with the last of
/// them. Thread-safe; decoding costs about 0.3 ms, so decode once and keep.
class PrivateKey {
 public:
  /// A fresh key of at least 128 bits of strength: P-256, Ed25519, RSA of 3072 bits (NIST SP
  /// 800-57: 2048 are 112), 32 random bytes. RSA takes a good part of a second.
  static PrivateKey generate(Algorithm algorithm);

  /// From PKCS #8 DER (RFC 5958), or for HS256 the raw bytes (at least 32). Throws KeyError, also
  /// for a key of another type, an RSA key under 3072 bits and an HS256 key of one repeated byte.
  static PrivateKey from_der(Algorithm algorithm, const Secret& der);
  Secret to_der() const;

  Algorithm algorithm() const;
  PublicKey public_key() const;

  /// The signature in JWS form, as raw bytes: ES256 64 (R and S, big-endian), EdDSA 64, HS256 32,
  /// RS256 as long as the modulus (384).
  std::string sign(std::string_view data) const;

 private:
  struct State;
  explicit PrivateKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

}  // namespace gatehouse::crypto
