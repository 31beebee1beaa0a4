#include "auth/authenticator.h"

#include <algorithm>
#include <string>

#include "auth/challenge.h"
#include "auth/errors.h"
#include "auth/scopes.h"

namespace gatehouse::auth {
namespace {

/// What a route that admits this says to somebody who has shown nothing.
const ErrorKind& credential_required(const Access& access) {
  if (access.admits(Credential::secret_key)) return errors::api_key_required;
  if (access.admits(Credential::user_token)) return errors::user_token_required;
  return errors::service_token_required;
}

/// RFC 6750 §3: without a token there is nothing to say but what is needed.
Failure nothing_shown(const Access& access) {
  return Failure(credential_required(access)).challenge(bearer_challenge({}, {}, access.scope()));
}

Failure invalid(const ErrorKind& kind, std::string_view description, const Access& access) {
  return Failure(kind).challenge(bearer_challenge("invalid_token", description, access.scope()));
}

Failure rejected(const Access& access, jose::Rejection rejection) {
  if (rejection == jose::Rejection::revoked) {
    return invalid(errors::token_revoked, "the token was revoked", access);
  }
  const bool expired = rejection == jose::Rejection::expired;
  const ErrorKind* kind = &errors::api_key_unknown;
  if (access.admits(Credential::user_token)) {
    kind = expired ? &errors::user_token_expired : &errors::user_token_invalid;
  } else if (access.admits(Credential::service_token)) {
    kind = expired ? &errors::service_token_expired : &errors::service_token_invalid;
  }
  return invalid(*kind, expired ? "the token has expired" : "the token is not valid here", access);
}

std::size_t entries(const Settings& settings) {
  return static_cast<std::size_t>(settings.cache_entries);
}

}  // namespace

Authenticator::Authenticator(const Settings& settings, const crypto::Keyring& keyring,
                             bool may_sign)
    : settings_(settings),
      epochs_(settings.cache_max_stale),
      clients_(epochs_, entries(settings)),
      api_keys_(keyring, epochs_, entries(settings)),
      keys_(settings, keyring, epochs_, may_sign),
      revocations_(epochs_),
      issuer_(keys_),
      verifier_(settings, keys_, revocations_),
      usage_(entries(settings)) {}

Principal Authenticator::authenticate(const Presented& presented, const Access& access,
                                      db::Connection& connection, Time now) {
  const SentToken sent = read_authorization(presented.authorization);
  if (sent.text.empty()) throw nothing_shown(access);
  epochs_.ensure_fresh(connection);
  const bool is_key = sent.text.starts_with("pub_") || sent.text.starts_with("sec_");
  return is_key && !sent.with_proof ? by_key(sent.text, access, connection, now)
                                    : by_token(sent, presented, access, connection, now);
}

Principal Authenticator::by_key(std::string_view text, const Access& access,
                                db::Connection& connection, Time now) {
  if (!access.admits(Credential::secret_key)) {
    throw invalid(credential_required(access), "an API key is no token", access);
  }
  const auto key = api_keys_.find(text, connection, now);
  if (!key) {
    throw invalid(errors::api_key_unknown, "the API key is unknown or has expired", access);
  }
  if (!access.admits(key->kind)) throw Failure(errors::secret_key_required);
  Principal caller;
  caller.credential = key->kind;
  caller.tenant_id = key->tenant_id;
  caller.key_id = key->key_id;
  return caller;
}

Principal Authenticator::by_token(const SentToken& sent, const Presented& presented,
                                  const Access& access, db::Connection& connection, Time now) {
  if (!access.admits(Credential::user_token) && !access.admits(Credential::service_token)) {
    throw rejected(access, jose::Rejection::wrong_type);
  }
  const auto [token, rejection] = verifier_.verify(sent.text, now, connection);
  if (!token) throw rejected(access, rejection);
  require_binding(token->confirmation, sent, presented, settings_.issuer, used_once_, connection,
                  now);

  Principal caller;
  caller.token_id = token->token_id;
  caller.expires_at = token->expires_at;
  caller.confirmation = token->confirmation;
  if (token->kind == TokenKind::user) {
    if (!access.admits(Credential::user_token)) throw rejected(access, jose::Rejection::wrong_type);
    caller.credential = Credential::user_token;
    caller.tenant_id = token->tenant_id;
    caller.user_id = token->subject;
    caller.session_id = token->session_id;
    caller.client_id = token->actor;
    if (!token->actor.empty()) {
      const auto actor = living_client(*token, connection);
      if (!actor) throw rejected(access, jose::Rejection::expired);
      caller.agent = actor->agent;
    }
    return caller;
  }

  if (!access.admits(Credential::service_token))
    throw rejected(access, jose::Rejection::wrong_type);
  if (!token->for_this_system) throw rejected(access, jose::Rejection::wrong_audience);
  const auto client = living_client(*token, connection);
  if (!client) {
    throw invalid(errors::client_not_active, "the client is disabled or its tokens were revoked",
                  access);
  }
  caller.credential = Credential::service_token;
  caller.client_id = token->subject;
  caller.tenant_id = client->tenant_id;
  caller.agent = client->agent;
  // A scope that was revoked after the token was issued no longer counts.
  for (const std::string& scope : token->scopes) {
    if (covering(client->scopes, scope) != nullptr) caller.scopes.push_back(scope);
  }
  return caller;
}

Cache<Client>::Pointer Authenticator::living_client(const VerifiedToken& token,
                                                    db::Connection& connection) {
  const bool acts_for_user = token.kind == TokenKind::user;
  auto client = clients_.find(acts_for_user ? token.actor : token.subject, connection);
  if (!client || !client->active) return nullptr;
  if (client->tokens_valid_from && token.issued_at < *client->tokens_valid_from) return nullptr;
  // It was bound to another tenant when that tenant's issuer spoke of it.
  if (!acts_for_user && !token.issuer_tenant.empty() && token.issuer_tenant != client->tenant_id) {
    return nullptr;
  }
  return client;
}

void Authenticator::authorize(const Principal& caller, const Access& access) const {
  if (!caller.is(Credential::service_token) || access.scope().empty()) return;
  if (caller.has_scope(access.scope())) return;
  throw Failure(errors::insufficient_scope)
      .challenge(bearer_challenge("insufficient_scope", "the token lacks a scope", access.scope()));
}

}  // namespace gatehouse::auth
