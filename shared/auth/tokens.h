#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/cache.h"
#include "auth/confirmation.h"
#include "auth/revocations.h"
#include "auth/signing_keys.h"
#include "core/settings.h"
#include "jose/jwt.h"

namespace gatehouse::auth {

/// What goes into a service's access token (RFC 9068 §2.2 and the claims of the M2M patterns).
/// Empty members are left out.
struct ServiceClaims {
  std::string_view client_id, scope, audience, system_id, env, tenant;
  Confirmation confirmation = {};
  std::string_view custom = {};  ///< more members, as JSON without braces (auth/custom_claims.h)
};

/// What goes into a user's session token.
struct UserClaims {
  std::string_view user_id, tenant_id, session_id;
  const std::vector<std::string>& roles;
  std::string_view actor = {};  ///< the client that acts for the user (RFC 8693 §4.1 `act`)
  Confirmation confirmation = {};
};

/// What the gate tells an upstream of a caller that it has admitted: signed, so that the upstream
/// need not trust whoever reaches it. No access token: `typ` says so, and TokenVerifier refuses it.
struct AssertionClaims {
  std::string_view subject;                      ///< client, user or key
  std::string_view kind;                         ///< of caller, as audit rows have it
  std::string_view client_id, tenant_id, scope;  ///< empty ones are left out
  std::string_view audience, route, method;
};
inline constexpr std::chrono::seconds assertion_lifetime{60};

struct IssuedToken {
  std::string text;
  std::string id;  ///< `jti`
  Time expires_at;
};

/// Signs tokens, with the keys and as the issuer of the tenant that they are about, where it has
/// its own, else the platform's. Thread-safe; no round trip while the signing keys are current.
class TokenIssuer {
 public:
  explicit TokenIssuer(SigningKeys& keys) : keys_(keys) {}

  /// `typ: at+jwt`.
  IssuedToken issue(const ServiceClaims& claims, std::chrono::seconds lifetime, Time now,
                    db::Connection& connection);
  /// `typ: JWT`.
  IssuedToken issue(const UserClaims& claims, std::chrono::seconds lifetime, Time now,
                    db::Connection& connection);
  /// `typ: gatehouse-assertion+jwt`, good for assertion_lifetime.
  std::string issue(const AssertionClaims& claims, Time now, db::Connection& connection);

 private:
  SigningKeys& keys_;
};

enum class TokenKind { service, user };

/// A token whose signature and issuer are good, whose issuer may speak of its tenant, and which was
/// not revoked. Whether
/// its client or session still is, is another matter.
struct VerifiedToken {
  TokenKind kind;
  std::string subject;  ///< client id or user id
  std::string tenant_id, session_id, token_id;
  std::string issuer;         ///< `iss`
  std::string issuer_tenant;  ///< whose issuer it is; empty: the platform's
  std::string
      actor;  ///< of a user token: the client that obtained it to act for the user; else empty
  std::vector<std::string> scopes;
  Confirmation confirmation;  ///< what the caller has to hold beside it
  std::vector<std::string> audiences;
  bool for_this_system = false;  ///< `aud` names this system (service tokens)
  Time issued_at, expires_at;
  Time believed_until;  ///< its keys change then, at the latest
};

/// Verifies tokens, remembering by SHA-256 those that were good until they expire or the keys
/// change: verifying costs 41 us, remembering 1 us. Thread-safe.
class TokenVerifier {
 public:
  struct Result {
    std::shared_ptr<const VerifiedToken> token;  ///< null where it was rejected
    jose::Rejection rejection = jose::Rejection::malformed;
  };

  TokenVerifier(const Settings& settings, SigningKeys& keys, Revocations& revocations)
      : settings_(settings),
        keys_(keys),
        revocations_(revocations),
        cache_(static_cast<std::size_t>(settings.cache_entries)) {}

  /// Its key is one of the issuer that it names, which has to be the one that the key belongs to;
  /// and it has not been revoked. Call EpochWatch::ensure_fresh before.
  Result verify(std::string_view token, Time now, db::Connection& connection);

 private:
  Result verify_for_ever(std::string_view token, Time now, db::Connection& connection);

  const Settings& settings_;
  SigningKeys& keys_;
  Revocations& revocations_;
  Cache<VerifiedToken> cache_;
};

}  // namespace gatehouse::auth
