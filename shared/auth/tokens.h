#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/cache.h"
#include "auth/confirmation.h"
#include "auth/signing_keys.h"
#include "core/settings.h"
#include "jose/jwt.h"

namespace gatehouse::auth {

/// What goes into a service's access token (RFC 9068 §2.2 and the claims of the M2M patterns).
/// Empty members are left out.
struct ServiceClaims {
  std::string_view client_id, scope, audience, system_id, env, tenant;
  Confirmation confirmation = {};
};

/// What goes into a user's session token.
struct UserClaims {
  std::string_view user_id, tenant_id, session_id;
  const std::vector<std::string>& roles;
  std::string_view actor = {};  ///< the client that acts for the user (RFC 8693 §4.1 `act`)
};

struct IssuedToken {
  std::string text;
  std::string id;  ///< `jti`
  Time expires_at;
};

/// Signs tokens. Thread-safe; no round trip while the signing keys are current.
class TokenIssuer {
 public:
  TokenIssuer(const Settings& settings, SigningKeys& keys) : settings_(settings), keys_(keys) {}

  /// `typ: at+jwt`.
  IssuedToken issue(const ServiceClaims& claims, std::chrono::seconds lifetime, Time now,
                    db::Connection& connection);
  /// `typ: JWT`.
  IssuedToken issue(const UserClaims& claims, std::chrono::seconds lifetime, Time now,
                    db::Connection& connection);

 private:
  const Settings& settings_;
  SigningKeys& keys_;
};

enum class TokenKind { service, user };

/// A token whose signature and issuer are good. Whether its client or session still is, is another
/// matter.
struct VerifiedToken {
  TokenKind kind;
  std::string subject;  ///< client id or user id
  std::string tenant_id, session_id, token_id;
  std::string
      actor;  ///< of a user token: the client that obtained it to act for the user; else empty
  std::vector<std::string> scopes;
  Confirmation confirmation;     ///< what the caller has to hold beside it
  bool for_this_system = false;  ///< `aud` names this system (service tokens)
  Time issued_at, expires_at;
};

/// Verifies tokens, remembering by SHA-256 those that were good until they expire or the keys
/// change: verifying costs 41 us, remembering 1 us. Thread-safe.
class TokenVerifier {
 public:
  struct Result {
    std::shared_ptr<const VerifiedToken> token;  ///< null where it was rejected
    jose::Rejection rejection = jose::Rejection::malformed;
  };

  TokenVerifier(const Settings& settings, SigningKeys& keys)
      : settings_(settings),
        keys_(keys),
        cache_(static_cast<std::size_t>(settings.cache_entries)) {}

  Result verify(std::string_view token, Time now, db::Connection& connection);

 private:
  const Settings& settings_;
  SigningKeys& keys_;
  Cache<VerifiedToken> cache_;
};

}  // namespace gatehouse::auth
