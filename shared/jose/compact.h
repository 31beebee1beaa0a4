#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "jose/jws.h"
#include "json/value.h"

namespace gatehouse::jose {

/// A JWS in its three parts, whose header is acceptable. Nothing of it is believed. The views are
/// into the token.
struct Compact {
  Header header;
  crypto::Algorithm algorithm;          ///< the header's `alg`
  std::optional<json::Value> jwk;       ///< the key in the header, where one is allowed
  std::string_view signed_text;         ///< header and payload as they were signed
  std::string_view payload, signature;  ///< base64url
};

/// Whether a token brings the key along that verifies it. Where it must not, such a token is
/// refused: it would vouch for itself.
enum class EmbeddedKey { refused, allowed };

/// Takes a token apart (RFC 7515 §5.2 steps 1-5): at most max_token_bytes, strict base64url, an
/// object as header, a known algorithm, and no header member that asks to trust or do something
/// else. Never throws on account of the token.
std::variant<Compact, Rejection> take_apart(std::string_view token, EmbeddedKey embedded);

/// The payload as the object that claims are. nullopt where it is none.
std::optional<json::Value> claims_of(const Compact& token);

/// Why the key has not made the signature; nothing where it has.
std::optional<Rejection> check_signature(const Compact& token, const crypto::PublicKey& key);

/// What the token says, if the key has made its signature.
Result verify(const Compact& token, std::string_view kid, const crypto::PublicKey& key);

}  // namespace gatehouse::jose
