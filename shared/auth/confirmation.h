#pragma once

#include <string>
#include <string_view>

#include "json/write.h"

namespace gatehouse::auth {

/// What somebody has to hold to use a token (RFC 7800 §3.1 `cnf`); a token without is a bearer
/// token. One of the two at most is there.
struct Confirmation {
  std::string certificate;  ///< `x5t#S256` of a TLS certificate (RFC 8705 §3.1)
  std::string key;  ///< `jkt`, thumbprint of the key that signs DPoP proofs (RFC 9449 §6.1)

  bool empty() const { return certificate.empty() && key.empty(); }
};

/// What a request shows of who sends it. Texts that it lacks are empty.
struct Presented {
  std::string_view authorization;  ///< the header
  std::string_view certificate;    ///< of the client's TLS connection: PEM, as nginx escapes it
};

/// `x5t#S256` of a certificate in that form; "" where there is none.
std::string presented_thumbprint(std::string_view certificate);

/// The member `cnf`, inside an object; nothing where the token is not bound.
void write_confirmation(json::Writer& out, const Confirmation& confirmation);

}  // namespace gatehouse::auth
