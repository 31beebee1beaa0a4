#pragma once

#include <string>
#include <string_view>

#include "core/secret.h"

namespace gatehouse::tokens {

/// What a client asks of the token endpoint. Empty texts were not asked for: a parameter without a
/// value counts as absent (RFC 6749 §3.2).
struct TokenRequest {
  std::string client_id;
  Secret client_secret;
  std::string scope;     ///< as sent
  std::string resource;  ///< RFC 8707 §2
  std::string audience;  ///< the same under the name that some clients use
};

/// Value of `WWW-Authenticate` in a 401 of the token endpoint (RFC 6749 §5.2, RFC 7617 §2).
inline constexpr std::string_view basic_challenge = "Basic realm=\"gatehouse\", charset=\"UTF-8\"";

/// Reads a request for a token by client credentials (RFC 6749 §4.4.2), the client authenticating
/// by Basic or in the body (§2.3.1), in one way only. Unknown parameters are ignored, repeated ones
/// refused (§3.2). Throws Failure 400 and, for credentials that are no credentials, 401.
TokenRequest read_token_request(std::string_view form, std::string_view authorization);

}  // namespace gatehouse::tokens
