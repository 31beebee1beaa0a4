#pragma once

#include "http/call.h"
#include "tokens/desk.h"

/// What anybody may read and keep, of the issuer that the path names. nginx answers it from its
/// cache (nginx/snippets/published.conf), so a change of it is seen by all after `jwks_max_age`
/// twice and auth::edge_life: key_rotation.h counts with that.
namespace gatehouse::tokens {

/// RFC 8414 §2: what this issuer offers, and where.
http::Response metadata(Desk& desk, http::Call& call);

/// The keys of this issuer (RFC 7517 §5), those too that do not sign yet or any more.
http::Response key_set(Desk& desk, http::Call& call);

}  // namespace gatehouse::tokens
