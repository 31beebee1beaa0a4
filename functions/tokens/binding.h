#pragma once

#include <string_view>

#include "auth/confirmation.h"
#include "auth/used_once.h"
#include "http/call.h"
#include "tokens/client.h"

namespace gatehouse::tokens {

/// What the client's next token is to be bound to: the certificate that it has authenticated by
/// (RFC 8705 §3), and the key whose proof the request carries (RFC 9449 §5). Throws Failure 400
/// `invalid_dpop_proof` for a proof that shows nothing, or where the client has to send one.
auth::Confirmation choose_binding(http::Call& call, const Client& client, std::string_view issuer,
                                  auth::UsedOnce& used);

}  // namespace gatehouse::tokens
