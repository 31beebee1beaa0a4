#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "core/secret.h"
#include "http/message.h"
#include "tokens/client_assertion.h"
#include "tokens/form.h"

namespace gatehouse::tokens {

/// What a request shows of who its client is. Not yet believed.
struct ClientCredentials {
  enum class Way { basic, post, assertion, certificate };

  Way way = Way::basic;
  std::string client_id;
  Secret secret;                         ///< by basic and post
  std::unique_ptr<Assertion> assertion;  ///< by assertion (RFC 7523 §2.2), else null
};

/// What clients may sign their assertions and proofs with; no secret of theirs is here to verify
/// HS256 with.
inline constexpr std::array<std::string_view, 4> client_algorithms{"ES256", "EdDSA", "Ed25519",
                                                                   "RS256"};

/// Value of `WWW-Authenticate` in a 401 to a client (RFC 6749 §5.2, RFC 7617 §2).
inline constexpr std::string_view basic_challenge = "Basic realm=\"gatehouse\", charset=\"UTF-8\"";

/// How a client may authenticate, as the metadata names it (RFC 8414 §2).
inline constexpr std::array<std::string_view, 5> authentication_methods{
    "client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth",
    "self_signed_tls_client_auth"};

/// Reads how a client authenticates: by Basic, by secret or by assertion in the form (RFC 6749
/// §2.3, RFC 7521 §4.2), in one way only; or, where it only says its id, by the certificate of its
/// connection (RFC 8705 §2). Throws Failure 400 and, for credentials that are no
/// credentials, 401.
ClientCredentials read_client_credentials(Form& form, const http::Request& request);

}  // namespace gatehouse::tokens
