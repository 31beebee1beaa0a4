#pragma once

#include <memory>
#include <string_view>

#include "auth/access.h"
#include "auth/api_keys.h"
#include "auth/binding.h"
#include "auth/clients.h"
#include "auth/epoch.h"
#include "auth/principal.h"
#include "auth/signing_keys.h"
#include "auth/tokens.h"
#include "auth/usage.h"
#include "auth/used_once.h"
#include "core/settings.h"

namespace gatehouse::auth {

/// Tells who is calling and whether the route admits them. One for each process, thread-safe;
/// everything that is read often is cached as the epochs allow.
class Authenticator {
 public:
  Authenticator(const Settings& settings, const crypto::Keyring& keyring, bool may_sign);

  /// The caller of an `Authorization: Bearer ...` header (RFC 6750 §2.1) or, with a proof,
  /// `Authorization: DPoP ...` (RFC 9449 §7.1), who holds what the token
  /// is bound to. Throws Failure 401 with a challenge where it proves nothing that `access` admits,
  /// 403 where a public key calls a secret key's route.
  Principal authenticate(const Presented& presented, const Access& access,
                         db::Connection& connection, Time now);

  /// Throws Failure 403 `insufficient_scope` where a service lacks the scope of the route.
  void authorize(const Principal& caller, const Access& access) const;

  /// Whether a verified service token still counts: its client is active and has not had its tokens
  /// revoked. Returns the client, or null.
  Cache<Client>::Pointer living_client(const VerifiedToken& token, db::Connection& connection);

  EpochWatch& epochs() { return epochs_; }
  SigningKeys& keys() { return keys_; }
  TokenIssuer& issuer() { return issuer_; }
  TokenVerifier& verifier() { return verifier_; }
  Usage& usage() { return usage_; }
  UsedOnce& used_once() { return used_once_; }

 private:
  Principal by_key(std::string_view key, const Access& access, db::Connection& connection,
                   Time now);
  Principal by_token(const SentToken& sent, const Presented& presented, const Access& access,
                     db::Connection& connection, Time now);

  const Settings& settings_;
  EpochWatch epochs_;
  Clients clients_;
  ApiKeys api_keys_;
  SigningKeys keys_;
  Revocations revocations_;
  TokenIssuer issuer_;
  TokenVerifier verifier_;
  Usage usage_;
  UsedOnce used_once_;
};

}  // namespace gatehouse::auth
