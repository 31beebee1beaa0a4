#pragma once

#include <string>
#include <string_view>

#include "core/secret.h"
#include "tokens/form.h"

namespace gatehouse::tokens {

/// What a request shows of who its client is. Not yet believed.
struct ClientCredentials {
  std::string client_id;
  Secret secret;
};

/// Value of `WWW-Authenticate` in a 401 to a client (RFC 6749 §5.2, RFC 7617 §2).
inline constexpr std::string_view basic_challenge = "Basic realm=\"gatehouse\", charset=\"UTF-8\"";

/// Reads how a client authenticates (RFC 6749 §2.3): by Basic or in the form, in one way only.
/// Throws Failure 400 and, for credentials that are no credentials, 401.
ClientCredentials read_client_credentials(Form& form, std::string_view authorization);

}  // namespace gatehouse::tokens
