#pragma once

#include <optional>
#include <string>

#include "egress/guard.h"
#include "http/input.h"
#include "json/value.h"
#include "json/write.h"

namespace gatehouse::services {

/// How a service proves who it is when it asks for tokens, and what its tokens are bound to.
struct Authentication {
  /// What of its certificate is compared, and with what (RFC 8705 §2.1.2).
  struct Certificate {
    std::string check;  ///< subject_dn, san_dns, san_uri, or sha256 of the whole
    std::string value;  ///< base64url for sha256
  };

  /// client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth or
  /// self_signed_tls_client_auth (RFC 7591 §2, RFC 8705 §2); absent: by secret, sent either way.
  std::optional<std::string> method;
  std::optional<std::string> jwks;      ///< its public keys, a JWK Set as JSON
  std::optional<std::string> jwks_uri;  ///< where it publishes them itself; then there is no jwks
  std::optional<Certificate> certificate;
  bool dpop_bound = false;  ///< it gets no token but one bound to a key of its own (RFC 9449 §5.2)

  bool by_secret() const { return !method || method->starts_with("client_secret"); }
};

/// What a request names of it; absent members stay as they are, the ones that are optional twice
/// are removed where the inner one is absent.
struct AuthenticationChange {
  std::optional<std::optional<std::string>> method, jwks, jwks_uri;
  std::optional<std::optional<Authentication::Certificate>> certificate;
  std::optional<bool> dpop_bound;

  bool empty() const { return !method && !jwks && !jwks_uri && !certificate && !dpop_bound; }
};

/// Reads `token_endpoint_auth_method`, `jwks`, `jwks_uri`, `tls_client_auth_subject_dn`,
/// `tls_client_auth_san_dns`, `tls_client_auth_san_uri`, `tls_client_certificate_sha256` and
/// `dpop_bound_access_tokens`. Throws Failure 400, also for a URL that the guard would not call.
AuthenticationChange read_authentication_change(const http::Input& input,
                                                const egress::Guard& guard);

/// The JWK Set as it is stored: public members only, each key with its id and algorithm. Throws
/// Failure 400 `private_key_sent`, `jwks_invalid`.
std::string read_key_set(const json::Value& set);

/// Throws Failure 422 where the method would lack the keys or the certificate that it goes by.
void apply(const AuthenticationChange& change, Authentication& authentication);

/// The members above, inside an object; those that the service has.
void write_authentication(json::Writer& out, const Authentication& authentication);

}  // namespace gatehouse::services
