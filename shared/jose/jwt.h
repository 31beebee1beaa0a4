#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.h"
#include "jose/jws.h"

namespace gatehouse::jose {

/// What a token has to be to be accepted here.
struct Expectation {
  std::string_view
      typ;  ///< exactly the header's `typ`, so that kinds are never mixed up (RFC 8725 §3.11)
  std::string_view issuer;    ///< exactly `iss`
  std::string_view audience;  ///< one of `aud`; empty: not checked
  Time now;
  std::chrono::seconds skew{5};  ///< how far the clocks of two hosts may be apart
};

/// The reason why these claims are not acceptable, or nothing (RFC 7519 §4.1). `iss` and `exp` must
/// be there; `aud` is a string or an array of strings; `exp`, `nbf` and `iat` are whole numbers of
/// seconds. A claim of another type is `malformed`. Checked in this order: typ, iss, aud, exp, nbf
/// and iat (neither may lie in the future).
std::optional<Rejection> check_claims(const Verified& token, const Expectation& expectation);
/// The same of claims without a copy: the caller has verified the signature over them.
std::optional<Rejection> check_claims(std::string_view typ, const json::Value& claims,
                                      const Expectation& expectation);

/// What a token says of its issuer; "" where it says nothing. Not verified: it tells which issuer's
/// keys to try (RFC 8725 §3.8), and check_claims whether the key that fits is of that issuer.
std::string claimed_issuer(std::string_view token);

}  // namespace gatehouse::jose
