#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "crypto/handles.h"
#include "crypto/hash.h"
#include "crypto/per_thread.h"
#include "crypto/signing.h"

namespace gatehouse::crypto {

inline constexpr std::size_t p256_coordinate = 32;
inline constexpr std::size_t es256_signature = 2 * p256_coordinate;
inline constexpr std::size_t ed25519_key = 32;
inline constexpr std::size_t ed25519_signature = 64;
inline constexpr std::size_t hs256_min_key = 32;
inline constexpr int rsa_bits = 3072;
inline constexpr int rsa_min_public_bits = 2048;
inline constexpr int rsa_max_bits = 8192;

/// Decoded once; contexts of each thread refer to it by `id`.
struct PublicKey::State {
  Algorithm algorithm;
  JwkFields jwk;                ///< empty for HS256
  Handle<evp_pkey_st> key;      ///< null for HS256
  std::optional<HmacKey> hmac;  ///< only for HS256
  std::uint64_t id = next_key_id();
};

struct PrivateKey::State {
  PublicKey public_half;
  Handle<evp_pkey_st> key;  ///< null for HS256
  Secret secret;            ///< only for HS256
  std::uint64_t id = next_key_id();
};

/// The public members of a decoded key, private or public. Throws KeyError where it is no key of
/// that algorithm. Not for HS256.
JwkFields public_fields(Algorithm algorithm, const evp_pkey_st& key);

/// The other way round; all checks of PublicKey::from_jwk_fields.
Handle<evp_pkey_st> public_key_of(Algorithm algorithm, const JwkFields& fields);

}  // namespace gatehouse::crypto
