#include "tokens/issue.h"

#include "tokens/grant.h"

namespace gatehouse::tokens {

ServiceToken issue_service_token(const Mint& mint, const Client& client, const Wanted& wanted,
                                 const Origin& origin, db::Connection& connection, Time now) {
  ServiceToken token{
      .text = {}, .scope = choose_scope(client, wanted.scope), .lifetime = client.token_lifetime};
  const std::string_view audience = choose_audience(client, wanted.resource, wanted.audience);
  auth::IssuedToken issued = mint.issuer.issue({.client_id = client.client_id,
                                                .scope = token.scope,
                                                .audience = audience,
                                                .system_id = client.system_id,
                                                .env = client.env,
                                                .tenant = client.tenant_id,
                                                .confirmation = wanted.confirmation,
                                                .custom = client.custom_claims},
                                               token.lifetime, now, connection);
  mint.journals.token_issued({.at = now,
                              .client_id = client.client_id,
                              .user_id = {},
                              .jti = issued.id,
                              .kind = "service",
                              .scope = token.scope,
                              .expires_at = issued.expires_at,
                              .remote_address = origin.remote_address,
                              .trace_id = origin.trace_id});
  mint.usage.issued(client.client_id, client.scopes, token.scope, now);
  token.text = std::move(issued.text);
  return token;
}

}  // namespace gatehouse::tokens
