#include "tokens/published.h"

#include <algorithm>
#include <array>

#include "core/encoding.h"
#include "crypto/hash.h"
#include "jose/jwk.h"
#include "json/write.h"
#include "tokens/client_credentials.h"

namespace gatehouse::tokens {
namespace {

using http::Call;
using http::Response;

/// How long nginx keeps it (auth::edge_life is what that comes to). A second is enough to keep any
/// load off the function, and short enough for a leaked key to be gone from the JWKS soon.
constexpr std::chrono::seconds fresh_at_edge{1};

std::string entity_tag(std::string_view body) {
  const crypto::Digest digest = crypto::sha256(body);
  return '"' + to_base64url(std::span(digest).first(16)) + '"';
}

Response published(const Settings& settings, std::string body) {
  const std::string age = std::to_string(settings.jwks_max_age.count());
  const auto edge = std::min(fresh_at_edge, settings.jwks_max_age);
  std::string tag = entity_tag(body);
  return {200,
          std::move(body),
          {{"Cache-Control", "public, max-age=" + age + ", stale-while-revalidate=" + age +
                                 ", stale-if-error=" + age},
           {"X-Accel-Expires", std::to_string(edge.count())},
           {"ETag", std::move(tag)}}};
}

/// An endpoint at which clients authenticate, and how they may.
void write_endpoint(json::Writer& out, const std::string& issuer, const std::string& name,
                    std::string_view last_segment) {
  out.member(name + "_endpoint", issuer + "/oauth/" + std::string(last_segment));
  out.array(name + "_endpoint_auth_methods_supported", authentication_methods);
  out.array(name + "_endpoint_auth_signing_alg_values_supported", client_algorithms);
}

}  // namespace

Response metadata(Desk& desk, Call& call) {
  const std::string issuer = issuer_of(desk, call)->issuer();
  json::Writer out;
  out.begin_object().member("issuer", issuer);
  write_endpoint(out, issuer, "token", "token");
  write_endpoint(out, issuer, "introspection", "introspect");
  write_endpoint(out, issuer, "revocation", "revoke");
  out.member("jwks_uri", issuer + "/.well-known/jwks.json");
  out.key("grant_types_supported").begin_array().string("client_credentials").end_array();
  // Required (RFC 8414 §2); there is no authorization endpoint that would answer one.
  out.key("response_types_supported").begin_array().end_array();
  out.array("dpop_signing_alg_values_supported", client_algorithms);
  out.member("tls_client_certificate_bound_access_tokens", true);
  out.end_object();
  return published(desk.platform.settings, out.take());
}

Response key_set(Desk& desk, Call& call) {
  return published(desk.platform.settings, jose::jwks(keys_of(desk, call)->verifying().keys()));
}

}  // namespace gatehouse::tokens
