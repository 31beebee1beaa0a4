#include "tokens/introspect.h"

#include <algorithm>

#include "auth/scopes.h"
#include "tokens/store.h"
#include "tokens/validate.h"

namespace gatehouse::tokens {
namespace {

using auth::VerifiedToken;

bool holds(const std::vector<std::string>& texts, std::string_view one) {
  return std::ranges::find(texts, one) != texts.end();
}

bool may_see(const Client& caller, const VerifiedToken& token) {
  if (client_of_token(token) == caller.client_id) return true;
  if (holds(token.audiences, caller.client_id)) return true;
  const bool in_reach = caller.tenant_id.empty() || caller.tenant_id == token.tenant_id;
  return in_reach && auth::covering(caller.scopes, introspection_scope) != nullptr;
}

}  // namespace

std::optional<ActiveToken> introspect(auth::Authenticator& authenticator, const Client& caller,
                                      std::string_view issuer_tenant, std::string_view text,
                                      db::Connection& connection, Time now) {
  authenticator.epochs().ensure_fresh(connection);
  auto token = authenticator.verifier().verify(text, now, connection).token;
  if (!token || !may_see(caller, *token)) return std::nullopt;
  if (!issuer_tenant.empty() && token->issuer_tenant != issuer_tenant) return std::nullopt;

  ActiveToken active{.token = std::move(token), .scopes = {}};
  if (!client_of_token(*active.token).empty()) {
    const auto client = authenticator.living_client(*active.token, connection);
    if (!client || (client->agent && client->agent->killed)) return std::nullopt;
    active.scopes = still_granted(*active.token, *client);
  }
  if (active.token->kind == auth::TokenKind::user &&
      !store::session_lives(connection, active.token->tenant_id, active.token->subject,
                            active.token->session_id)) {
    return std::nullopt;
  }
  return active;
}

}  // namespace gatehouse::tokens
