#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.h"
#include "jose/compact.h"
#include "jose/jws.h"
#include "json/value.h"

namespace gatehouse::tokens {

/// Value of `client_assertion_type` (RFC 7523 §2.2).
inline constexpr std::string_view jwt_bearer =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How far ahead `exp` of a client assertion may be.
inline constexpr std::chrono::seconds longest_assertion{300};

/// What makes an assertion usable once.
struct AssertionId {
  std::string jti;
  Time expires_at;
};

/// A client assertion (RFC 7523 §3 and its revision), taken apart once. What is none, says nothing
/// and is signed by nobody.
class Assertion {
 public:
  explicit Assertion(std::string text);
  Assertion(const Assertion&) = delete;
  Assertion& operator=(const Assertion&) = delete;

  /// What it says that nobody has verified: whose keys to try. "" where it does not.
  std::string client_id() const { return claims_.text("sub"); }
  std::string_view kid() const;

  /// Whether one of the keys has signed it; one that names no `kid` only where there is one key.
  /// Takes as long where it is none of them.
  bool signed_by(const jose::KeySet& keys) const;

  /// Checks the claims of an assertion whose signature is good: `iss` and `sub` are the client,
  /// `aud` is the issuer and nothing else, `exp` is at most longest_assertion ahead, `nbf` and
  /// `iat` are not, `jti` is there. Throws Failure 401.
  AssertionId check(std::string_view client_id, std::string_view issuer, Time now) const;

 private:
  const std::string text_;
  std::optional<jose::Compact> parts_;  ///< looks at text_
  json::Value claims_;
};

}  // namespace gatehouse::tokens
