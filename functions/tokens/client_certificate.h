#pragma once

#include "http/message.h"
#include "tokens/client.h"

namespace gatehouse::tokens {

/// Whether the certificate of the request's TLS connection is the one that the client is known by
/// (RFC 8705 §2): by a name in it, where nginx has verified that it comes from one of the
/// operator's authorities (§2.1), or as a whole, whoever has issued it (§2.2). That its private key
/// is at the other end TLS has shown.
bool shows_certificate(const http::Request& request, const Client& client);

}  // namespace gatehouse::tokens
