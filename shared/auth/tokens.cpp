#include "auth/tokens.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "auth/scopes.h"
#include "core/encoding.h"
#include "core/ids.h"
#include "crypto/hash.h"
#include "json/write.h"

namespace gatehouse::auth {
namespace {

constexpr std::string_view service_type = "at+jwt";  // RFC 9068 §2.1
constexpr std::string_view user_type = "JWT";
constexpr std::string_view assertion_type = "gatehouse-assertion+jwt";

Time time_of(const json::Value& claims, std::string_view name) {
  const json::Value* value = claims.find(name);
  return from_unix_seconds(value == nullptr ? 0 : value->as_integer().value_or(0));
}

/// Reads texts out of an object among the claims. False where it is there, but one of them is no
/// text or all are missing: what it says of the token must not be lost.
bool read_members(const json::Value& claims, std::string_view claim,
                  std::initializer_list<std::pair<std::string_view, std::string*>> members) {
  const json::Value* object = claims.find(claim);
  if (object == nullptr) return true;
  bool any = false;
  for (const auto& [name, out] : members) {
    if (object->find(name) == nullptr) continue;
    *out = object->text(name);
    if (out->empty()) return false;
    any = true;
  }
  return any;
}

std::vector<std::string> audiences_of(const json::Value& claims) {
  std::vector<std::string> audiences;
  const json::Value* value = claims.find("aud");
  if (value == nullptr) return audiences;
  if (value->is(json::Kind::string)) audiences.push_back(value->as_string());
  for (const json::Value& item : value->items()) {
    if (item.is(json::Kind::string)) audiences.push_back(item.as_string());
  }
  return audiences;
}

void optional_member(json::Writer& out, std::string_view name, std::string_view value) {
  if (!value.empty()) out.member(name, value);
}

}  // namespace

IssuedToken TokenIssuer::issue(const ServiceClaims& claims, std::chrono::seconds lifetime, Time now,
                               db::Connection& connection) {
  const auto ring = keys_.signing_for(claims.tenant, connection, now);
  const jose::SigningKey& key = ring->signer(now);
  IssuedToken token{{}, make_id("jti_", now), now + lifetime};
  json::Writer out;
  out.begin_object()
      .member("iss", ring->issuer())
      .member("sub", claims.client_id)
      .member("aud", claims.audience)
      .member("client_id", claims.client_id)
      .member("iat", unix_seconds(now))
      .member("nbf", unix_seconds(now))
      .member("exp", unix_seconds(token.expires_at))
      .member("jti", token.id)
      .member("clientId", claims.client_id);
  optional_member(out, "scope", claims.scope);
  optional_member(out, "systemId", claims.system_id);
  optional_member(out, "env", claims.env);
  optional_member(out, "tenant", claims.tenant);
  write_confirmation(out, claims.confirmation);
  if (!claims.custom.empty()) out.raw(claims.custom);
  out.end_object();
  token.text = jose::sign_compact(key.encoded_header(service_type), out.text(), key.key);
  return token;
}

IssuedToken TokenIssuer::issue(const UserClaims& claims, std::chrono::seconds lifetime, Time now,
                               db::Connection& connection) {
  const auto ring = keys_.signing_for(claims.tenant_id, connection, now);
  const jose::SigningKey& key = ring->signer(now);
  IssuedToken token{{}, make_id("jti_", now), now + lifetime};
  json::Writer out;
  out.begin_object()
      .member("iss", ring->issuer())
      .member("sub", claims.user_id)
      .member("tenant", claims.tenant_id)
      .member("sid", claims.session_id)
      .member("iat", unix_seconds(now))
      .member("exp", unix_seconds(token.expires_at))
      .member("jti", token.id)
      .array("roles", claims.roles);
  if (!claims.actor.empty()) out.key("act").begin_object().member("sub", claims.actor).end_object();
  write_confirmation(out, claims.confirmation);
  out.end_object();
  token.text = jose::sign_compact(key.encoded_header(user_type), out.text(), key.key);
  return token;
}

std::string TokenIssuer::issue(const AssertionClaims& claims, Time now,
                               db::Connection& connection) {
  // One issuer for all of them: an upstream's callers may be of any tenant.
  const auto ring = keys_.platform(connection, now);
  const jose::SigningKey& key = ring->signer(now);
  json::Writer out;
  out.begin_object()
      .member("iss", ring->issuer())
      .member("sub", claims.subject)
      .member("aud", claims.audience)
      .member("iat", unix_seconds(now))
      .member("exp", unix_seconds(now + assertion_lifetime))
      .member("jti", make_id("jti_", now))
      .member("kind", claims.kind)
      .member("route", claims.route)
      .member("method", claims.method);
  optional_member(out, "client_id", claims.client_id);
  optional_member(out, "tenant", claims.tenant_id);
  optional_member(out, "scope", claims.scope);
  out.end_object();
  return jose::sign_compact(key.encoded_header(assertion_type), out.text(), key.key);
}

TokenVerifier::Result TokenVerifier::verify(std::string_view text, Time now,
                                            db::Connection& connection) {
  Result result = verify_for_ever(text, now, connection);
  if (result.token && revocations_.contains(result.token->token_id, connection, now)) {
    return {nullptr, jose::Rejection::revoked};
  }
  return result;
}

TokenVerifier::Result TokenVerifier::verify_for_ever(std::string_view text, Time now,
                                                     db::Connection& connection) {
  if (text.size() > jose::max_token_bytes) return {nullptr, jose::Rejection::malformed};
  const crypto::Digest digest = crypto::sha256(text);
  if (auto known = cache_.find(as_text(digest), keys_.epoch())) {
    if (known->expires_at <= now) return {nullptr, jose::Rejection::expired};
    if (known->believed_until > now) return {std::move(known), {}};
  }

  auto ring = keys_.platform(connection, now);
  jose::Result result = jose::verify_compact(text, ring->verifying());
  if (!result && result.rejection == jose::Rejection::unknown_key) {
    if (auto other = keys_.of_issuer(jose::claimed_issuer(text), connection, now)) {
      ring = std::move(other);
      result = jose::verify_compact(text, ring->verifying());
    }
  }
  if (!result) return {nullptr, result.rejection};
  const std::string& type = result.token->typ;
  if (type != service_type && type != user_type) return {nullptr, jose::Rejection::wrong_type};
  const auto rejection = jose::check_claims(
      *result.token, {.typ = type, .issuer = ring->issuer(), .audience = {}, .now = now});
  if (rejection) return {nullptr, *rejection};

  const json::Value& claims = result.token->claims;
  auto token = std::make_shared<VerifiedToken>();
  token->kind = type == service_type ? TokenKind::service : TokenKind::user;
  token->subject = claims.text("sub");
  token->tenant_id = claims.text("tenant");
  token->session_id = claims.text("sid");
  token->token_id = claims.text("jti");
  token->issuer = ring->issuer();
  token->issuer_tenant = ring->tenant_id();
  if (!token->issuer_tenant.empty() && token->issuer_tenant != token->tenant_id) {
    return {nullptr, jose::Rejection::wrong_issuer};
  }
  const std::string scope = claims.text("scope");
  const auto scopes = split_scope(scope);
  token->scopes.assign(scopes.begin(), scopes.end());
  // Who acts, and what has to be held beside it.
  Confirmation& held = token->confirmation;
  const bool understood =
      read_members(claims, "act", {{"sub", &token->actor}}) &&
      read_members(claims, "cnf", {{"x5t#S256", &held.certificate}, {"jkt", &held.key}});
  // Without these nothing could be checked that ends it.
  const bool of_session = !token->tenant_id.empty() && !token->session_id.empty();
  const bool can_end = !token->subject.empty() && !token->token_id.empty() &&
                       (token->kind == TokenKind::service || of_session);
  if (!understood || !can_end) return {nullptr, jose::Rejection::malformed};
  token->audiences = audiences_of(claims);
  token->for_this_system =
      std::ranges::find(token->audiences, settings_.audience) != token->audiences.end();
  token->issued_at = time_of(claims, "iat");
  token->expires_at = time_of(claims, "exp");
  token->believed_until = ring->valid_until();
  cache_.put(as_text(digest), token, ring->epoch());
  return {std::move(token), {}};
}

}  // namespace gatehouse::auth
