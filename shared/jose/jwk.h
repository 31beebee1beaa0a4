#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/signing.h"
#include "jose/jws.h"
#include "json/value.h"

namespace gatehouse::jose {

/// A public key as JWK (RFC 7517): {"kty", "use": "sig", "alg", "kid", ...}. Throws
/// crypto::KeyError for HS256.
std::string to_jwk(std::string_view kid, const crypto::PublicKey& key);

/// The JWK Set {"keys": [...]} of all keys that have a public half; HS256 keys are left out.
std::string jwks(const std::vector<VerificationKey>& keys);

/// The key of a JWK. Throws crypto::KeyError where it isn't one of this algorithm, is not
/// acceptable (PublicKey::from_jwk_fields), is not for signatures, or has private members.
crypto::PublicKey from_jwk(const json::Value& jwk, crypto::Algorithm algorithm);

/// Whether it holds members of a private or secret key (RFC 7518 §6): then it is a secret no
/// longer.
bool has_private_members(const json::Value& jwk);

/// The keys of somebody else's JWK Set (RFC 7517 §5). The algorithm of a key is its `alg`, else the
/// one of ES256, EdDSA and RS256 that its type belongs to; its id is its `kid`, else its
/// thumbprint. Throws crypto::KeyError where it is no such set, holds a key that is not acceptable
/// (see from_jwk), none, two with one id, or more than `most`.
std::vector<VerificationKey> from_jwks(const json::Value& set, std::size_t most);

/// RFC 7638, SHA-256, base64url: 43 characters. Throws crypto::KeyError for HS256, whose thumbprint
/// would be a hash of the secret (§7).
std::string thumbprint(const crypto::PublicKey& key);

/// The key id of a new key: its thumbprint, for HS256 as many random characters.
std::string make_kid(const crypto::PublicKey& key);

}  // namespace gatehouse::jose
