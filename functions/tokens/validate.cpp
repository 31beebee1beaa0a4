#include "tokens/validate.h"

#include <algorithm>

namespace gatehouse::tokens {

std::optional<ValidToken> validate_service_token(auth::Authenticator& authenticator,
                                                 std::string_view text, db::Connection& connection,
                                                 Time now) {
  authenticator.epochs().ensure_fresh(connection);
  const auto token = authenticator.verifier().verify(text, now, connection).token;
  if (!token || token->kind != auth::TokenKind::service) return std::nullopt;
  const auto client = authenticator.living_client(*token, connection);
  if (!client || (client->agent && client->agent->killed)) return std::nullopt;

  ValidToken valid{.client_id = token->subject,
                   .scopes = {},
                   .expires_at = token->expires_at,
                   .confirmation = token->confirmation};
  for (const std::string& scope : token->scopes) {
    if (std::ranges::find(client->scopes, scope) != client->scopes.end()) {
      valid.scopes.push_back(scope);
    }
  }
  return valid;
}

}  // namespace gatehouse::tokens
