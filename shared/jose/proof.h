#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "json/value.h"

namespace gatehouse::jose {

/// What somebody says who holds a private key. Whose key it is, is another matter.
struct Proof {
  std::string thumbprint;  ///< of the key, RFC 7638
  json::Value claims;      ///< always an object
};

/// Verifies a JWS that brings its own public key along (RFC 9449 §4.2): exactly this `typ`, a
/// public key of ES256, EdDSA or RS256 in `jwk`, and its signature. nullopt for anything else.
/// Never throws on account of the token.
std::optional<Proof> verify_proof(std::string_view token, std::string_view typ);

}  // namespace gatehouse::jose
