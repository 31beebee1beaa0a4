#include "tokens/routes.h"

#include <memory>

#include "auth/scopes.h"
#include "core/encoding.h"
#include "http/call.h"
#include "http/input.h"
#include "json/write.h"
#include "tokens/binding.h"
#include "tokens/delegate.h"
#include "tokens/desk.h"
#include "tokens/gate.h"
#include "tokens/oauth_handlers.h"
#include "tokens/published.h"
#include "tokens/request.h"
#include "tokens/validate.h"

namespace gatehouse::tokens {
namespace {

using auth::Access;
using http::Body;
using http::Call;
using http::Idempotency;
using http::Method;
using http::Response;

/// Far longer than any id or secret that is made here.
constexpr std::size_t id_limit = 200;
/// What is longer than a token can be is no valid one, rather than a bad request.
constexpr std::size_t token_limit = 16 * 1024;

Origin origin_of(const Call& call) {
  return {call.request.remote_address, call.request.trace_id};
}

/// RFC 6749 §5.1 asks for both.
std::vector<http::Header> not_stored() {
  return {{"Cache-Control", "no-store"}, {"Pragma", "no-cache"}};
}

json::Writer& begin_token(json::Writer& out, std::string_view token, std::chrono::seconds lifetime,
                          std::string_view type) {
  return out.begin_object()
      .member("access_token", token)
      .member("token_type", type)
      .member("expires_in", std::int64_t{lifetime.count()});
}

/// RFC 9449 §5: what is bound to a key is no bearer token.
std::string_view type_of(const auth::Confirmation& confirmation) {
  return confirmation.key.empty() ? "Bearer" : "DPoP";
}

Response oauth_token(Desk& desk, Call& call) {
  Form form(call.request.body);
  const TokenRequest request = read_token_request(form);
  const auto client = client_of(desk, call, form).client;
  const Wanted wanted{.scope = request.scope,
                      .resource = request.resource,
                      .audience = request.audience,
                      .confirmation = choose_binding(call, *client, desk.platform.settings.issuer,
                                                     desk.platform.authenticator.used_once())};
  const ServiceToken token =
      issue_service_token(desk.mint, *client, wanted, origin_of(call), call.database(), call.now);
  json::Writer out;
  begin_token(out, token.text, token.lifetime, type_of(wanted.confirmation));
  if (!token.scope.empty()) out.member("scope", token.scope);
  out.end_object();
  return {200, out.take(), not_stored()};
}

Response authenticate(Desk& desk, Call& call) {
  const http::Input input(call.body(), {"client_id", "client_secret"});
  const std::string client_id = input.text("client_id", id_limit);
  const Secret secret(input.text("client_secret", id_limit));
  const auto client = desk.clients.authenticate(call, client_id, secret);
  const Wanted wanted{.confirmation = choose_binding(call, *client, desk.platform.settings.issuer,
                                                     desk.platform.authenticator.used_once())};
  const ServiceToken token =
      issue_service_token(desk.mint, *client, wanted, origin_of(call), call.database(), call.now);
  json::Writer out;
  begin_token(out, token.text, token.lifetime, type_of(wanted.confirmation))
      .array("scopes", auth::split_scope(token.scope))
      .end_object();
  return {200, out.take(), not_stored()};
}

Response validate(Desk& desk, Call& call) {
  const http::Input input(call.body(), {"token"});
  const auto token = validate_service_token(
      desk.platform.authenticator, input.text("token", token_limit), call.database(), call.now);
  json::Writer out;
  out.begin_object().member("valid", token.has_value());
  if (token) {
    out.member("client_id", token->client_id)
        .array("scopes", token->scopes)
        .member("exp", unix_seconds(token->expires_at));
    auth::write_confirmation(out, token->confirmation);
  }
  out.end_object();
  return {200, out.take(), {{"Cache-Control", "no-store"}}};
}

Response delegate(Desk& desk, Call& call) {
  const http::Input input(call.body(), {"tenant_id", "user_id"});
  const std::string tenant_id = input.text("tenant_id", id_limit);
  const std::string user_id = input.text("user_id", id_limit);
  const std::string user_agent = printable(call.request.user_agent);
  const Delegation wanted{tenant_id, user_id, user_agent};
  const Origin origin = origin_of(call);

  const DelegatedToken token =
      make_delegated_token(desk.mint, call.caller, wanted, origin, call.database(), call.now);
  open_session(call.transaction(db::Scope::tenant(tenant_id)), token, wanted, origin, call.now);
  call.audit() = {.tenant_id = tenant_id,
                  .resource_type = "session",
                  .resource_id = token.session_id,
                  .on_behalf_of = user_id,
                  .detail = "{}"};
  json::Writer out;
  begin_token(out, token.text, delegated_lifetime, type_of(call.caller.confirmation)).end_object();
  return {200, out.take(), not_stored()};
}

}  // namespace

http::Routes routes(fcgi::Platform& platform) {
  const auto desk = std::make_shared<Desk>(platform);
  const auto with_desk = [desk](Response (*handle)(Desk&, Call&)) {
    return [desk, handle](Call& call) { return handle(*desk, call); };
  };
  const auto oauth = [&](std::string_view path, Response (*handle)(Desk&, Call&),
                         http::RatePolicy rate) -> http::Route {
    return {.method = Method::post,
            .path = path,
            .handle = with_desk(handle),
            .access = Access::client_secret(),
            .body = Body::form,
            .refused = "client.refused",
            .rate = rate};
  };
  const auto revocation = [&](std::string_view path) {
    http::Route route = oauth(path, revoke_token, {"token"});
    route.audit = "token.revoked";
    return route;
  };
  const auto open = [&](std::string_view path, Response (*handle)(Desk&, Call&)) -> http::Route {
    return {.method = Method::get,
            .path = path,
            .handle = with_desk(handle),
            .access = Access::anyone()};
  };
  const auto gate = std::make_shared<Gate>(platform);
  return {
      oauth("/oauth/token", oauth_token, {"token"}),
      oauth("/oauth/introspect", introspect_token, {"introspect"}),
      revocation("/oauth/revoke"),
      open("/.well-known/jwks.json", key_set),
      open("/.well-known/oauth-authorization-server", metadata),
      open("/.well-known/openid-configuration", metadata),

      // The same of a tenant's own issuer; RFC 8414 §3.1 puts the path behind the well-known one,
      // OpenID Connect Discovery §4.1 in front of it.
      oauth("/t/:tenant/oauth/token", oauth_token, {"token"}),
      oauth("/t/:tenant/oauth/introspect", introspect_token, {"introspect"}),
      revocation("/t/:tenant/oauth/revoke"),
      open("/t/:tenant/.well-known/jwks.json", key_set),
      open("/.well-known/oauth-authorization-server/t/:tenant", metadata),
      open("/t/:tenant/.well-known/oauth-authorization-server", metadata),
      open("/t/:tenant/.well-known/openid-configuration", metadata),

      {.method = Method::post,
       .path = "/v1/internal/services/authenticate",
       .handle = with_desk(authenticate),
       .access = Access::client_secret(),
       .body = Body::json,
       .refused = "client.refused",
       .rate = {"token"}},
      {.method = Method::post,
       .path = "/v1/internal/services/validate-token",
       .handle = with_desk(validate),
       .access = Access::anyone(),
       .body = Body::json},
      {.method = Method::post,
       .path = "/api/internal/auth/token",
       .handle = with_desk(delegate),
       .access = Access::service("auth:token"),
       .body = Body::json,
       .audit = "token.delegated",
       .idempotency = Idempotency::optional,
       .rate = {"token"}},
      // What nginx asks before it lets a request through; from outside no location leads here.
      {.method = Method::get,
       .path = "/gatehouse/decision",
       .handle = [gate](Call& call) { return gate->decide(call); },
       .access = Access::policy(),
       .rate = {"gate"}},
  };
}

}  // namespace gatehouse::tokens
