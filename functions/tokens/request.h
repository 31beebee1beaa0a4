#pragma once

#include <string>

#include "tokens/form.h"

namespace gatehouse::tokens {

/// What a client asks of the token endpoint. Empty texts were not asked for.
struct TokenRequest {
  std::string scope;     ///< as sent
  std::string resource;  ///< RFC 8707 §2
  std::string audience;  ///< the same under the name that some clients use
};

/// Reads a request for a token by client credentials (RFC 6749 §4.4.2). Throws Failure 400.
TokenRequest read_token_request(Form& form);

}  // namespace gatehouse::tokens
