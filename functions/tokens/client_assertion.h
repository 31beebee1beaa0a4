#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.h"
#include "jose/jws.h"

namespace gatehouse::tokens {

/// Value of `client_assertion_type` (RFC 7523 §2.2).
inline constexpr std::string_view jwt_bearer =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How far ahead `exp` of a client assertion may be.
inline constexpr std::chrono::seconds longest_assertion{300};

/// What an assertion says that nobody has verified: whose keys to try. "" where it does not.
struct ClaimedSigner {
  std::string client_id;  ///< `sub`
  std::string kid;
};
ClaimedSigner claimed_signer(std::string_view assertion);

/// The assertion, if one of the keys has signed it; one that names no `kid` only where there is one
/// key. Takes as long where there are no keys.
std::optional<jose::Verified> verify_assertion(std::string_view assertion,
                                               const jose::KeySet& keys);

/// What makes an assertion usable once.
struct AssertionId {
  std::string jti;
  Time expires_at;
};

/// Checks the claims of an assertion whose signature is good (RFC 7523 §3 and its revision): `iss`
/// and `sub` are the client, `aud` is the issuer and nothing else, `exp` is at most
/// longest_assertion ahead, `nbf` and `iat` are not, `jti` is there. Throws Failure 401.
AssertionId check_assertion(const jose::Verified& assertion, std::string_view client_id,
                            std::string_view issuer, Time now);

}  // namespace gatehouse::tokens
