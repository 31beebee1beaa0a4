#pragma once

#include <string>
#include <string_view>

#include "tokens/client.h"

namespace gatehouse::tokens {

/// The scope of a token: what is asked for, each scope once and in the order asked, where all of it
/// has been granted, by name or by a wildcard; the client's usual scope where nothing is asked for
/// (RFC 6749 §3.3). Never holds a wildcard. Throws Failure 400 `invalid_scope`.
std::string choose_scope(const Client& client, std::string_view asked);

/// The audience of a token, one of the client's. `resource` has to be an absolute URI without a
/// fragment (RFC 8707 §2), `audience` may be any text; where both are sent they have to be the
/// same. Where neither is, it is the server's own audience if the client has it, else the first
/// that the client has. Throws Failure 400 `invalid_target`.
std::string_view choose_audience(const Client& client, std::string_view resource,
                                 std::string_view audience);

}  // namespace gatehouse::tokens
