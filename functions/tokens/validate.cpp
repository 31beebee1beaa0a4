#include "tokens/validate.h"

#include "auth/scopes.h"

namespace gatehouse::tokens {

const std::string& client_of_token(const auth::VerifiedToken& token) {
  return token.kind == auth::TokenKind::service ? token.subject : token.actor;
}

std::vector<std::string> still_granted(const auth::VerifiedToken& token,
                                       const auth::Client& client) {
  std::vector<std::string> scopes;
  for (const std::string& scope : token.scopes) {
    if (auth::covering(client.scopes, scope) != nullptr) scopes.push_back(scope);
  }
  return scopes;
}

std::optional<ValidToken> validate_service_token(auth::Authenticator& authenticator,
                                                 std::string_view text, db::Connection& connection,
                                                 Time now) {
  authenticator.epochs().ensure_fresh(connection);
  const auto token = authenticator.verifier().verify(text, now, connection).token;
  if (!token || token->kind != auth::TokenKind::service) return std::nullopt;
  const auto client = authenticator.living_client(*token, connection);
  if (!client || (client->agent && client->agent->killed)) return std::nullopt;

  return ValidToken{.client_id = token->subject,
                    .scopes = still_granted(*token, *client),
                    .expires_at = token->expires_at,
                    .confirmation = token->confirmation};
}

}  // namespace gatehouse::tokens
