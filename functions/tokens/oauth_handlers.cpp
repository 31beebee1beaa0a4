#include "tokens/oauth_handlers.h"

#include "json/write.h"
#include "tokens/errors.h"
#include "tokens/introspect.h"
#include "tokens/store.h"
#include "tokens/validate.h"

namespace gatehouse::tokens {
namespace {

using auth::VerifiedToken;
using http::Call;
using http::Response;

std::string take_token(Form& form) {
  std::string token = form.take("token");
  if (token.empty()) throw Failure(errors::token_required);
  return token;
}

void optional_member(json::Writer& out, std::string_view name, std::string_view value) {
  if (!value.empty()) out.member(name, value);
}

/// RFC 7662 §2.2, and the claims of this system's own that the token has.
void write_active(json::Writer& out, const ActiveToken& active) {
  const VerifiedToken& token = *active.token;
  out.member("token_type", token.confirmation.key.empty() ? "Bearer" : "DPoP");
  out.member("iss", token.issuer).member("sub", token.subject);
  optional_member(out, "client_id", client_of_token(token));
  optional_member(out, "scope", joined(active.scopes));
  if (token.audiences.size() == 1) {
    out.member("aud", token.audiences.front());
  } else if (!token.audiences.empty()) {
    out.array("aud", token.audiences);
  }
  optional_member(out, "tenant", token.tenant_id);
  optional_member(out, "sid", token.session_id);
  if (!token.actor.empty()) out.key("act").begin_object().member("sub", token.actor).end_object();
  auth::write_confirmation(out, token.confirmation);
  out.member("jti", token.token_id)
      .member("iat", unix_seconds(token.issued_at))
      .member("exp", unix_seconds(token.expires_at));
}

}  // namespace

Response introspect_token(Desk& desk, Call& call) {
  Form form(call.request.body);
  const auto [client, issuer] = client_of(desk, call, form);
  const auto active = introspect(desk.platform.authenticator, *client, issuer->tenant_id(),
                                 take_token(form), call.database(), call.now);
  json::Writer out;
  out.begin_object().member("active", active.has_value());
  if (active) write_active(out, *active);
  out.end_object();
  return {200, out.take(), {{"Cache-Control", "no-store"}}};
}

Response revoke_token(Desk& desk, Call& call) {
  const Response done{200, "{}", {{"Cache-Control", "no-store"}}};
  Form form(call.request.body);
  const auto [client, issuer] = client_of(desk, call, form);
  const auto token = desk.platform.authenticator.verifier()
                         .verify(take_token(form), call.now, call.database())
                         .token;
  if (!token) return done;
  if (client_of_token(*token).empty()) throw Failure(errors::unsupported_token_type);
  const bool here = issuer->tenant_id().empty() || issuer->tenant_id() == token->issuer_tenant;
  if (!here || client_of_token(*token) != client->client_id) return done;

  store::revoke_token(call.transaction(db::Scope::none()), token->token_id, client->client_id,
                      token->expires_at);
  call.audit() = {.tenant_id = token->tenant_id,
                  .resource_type = "token",
                  .resource_id = token->token_id,
                  .on_behalf_of = token->actor.empty() ? std::string() : token->subject,
                  .detail = "{}"};
  return done;
}

}  // namespace gatehouse::tokens
