#pragma once

#include "http/call.h"
#include "tokens/desk.h"

/// What clients ask of an issuer about tokens that there are. The client authenticates as it does
/// for a token; both exist at `/oauth/...` and at `/t/:tenant/oauth/...`.
namespace gatehouse::tokens {

/// RFC 7662. What introspect() knows nothing of is `{"active": false}` and no more.
http::Response introspect_token(Desk& desk, http::Call& call);

/// RFC 7009. Every function refuses the token within cache_max_stale. Of a token that is none, or
/// not the client's own, the answer is the same and nothing happens: whose it is, is nobody else's
/// business. A user's session ends with POST /v1/auth/logout: 400 `unsupported_token_type`.
http::Response revoke_token(Desk& desk, http::Call& call);

}  // namespace gatehouse::tokens
