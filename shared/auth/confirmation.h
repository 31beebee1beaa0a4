#pragma once

#include <string>
#include <string_view>

#include "json/write.h"

namespace gatehouse::auth {

/// What somebody has to hold to use a token (RFC 7800 §3.1 `cnf`): both where there are both. A
/// token without is a bearer token.
struct Confirmation {
  std::string certificate;  ///< `x5t#S256` of a TLS certificate (RFC 8705 §3.1)
  std::string key;  ///< `jkt`, thumbprint of the key that signs DPoP proofs (RFC 9449 §6.1)

  bool empty() const { return certificate.empty() && key.empty(); }
};

/// What a request shows of who sends it. Texts that it lacks are empty.
struct Presented {
  std::string_view authorization;           ///< the header
  std::string_view certificate = {};        ///< of its TLS connection: PEM, as nginx escapes it
  std::string_view dpop = {};               ///< the header: a proof (RFC 9449 §4.2)
  std::string_view method = {}, path = {};  ///< of the request, for the proof
  std::string_view origin = {};             ///< of its URL; "" where that is the issuer's
};

/// `x5t#S256` of a certificate in that form; "" where there is none.
std::string presented_thumbprint(std::string_view certificate);

/// The member `cnf`, inside an object; nothing where the token is not bound.
void write_confirmation(json::Writer& out, const Confirmation& confirmation);

}  // namespace gatehouse::auth
