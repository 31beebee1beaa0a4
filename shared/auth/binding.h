#pragma once

#include <string_view>

#include "auth/confirmation.h"
#include "auth/used_once.h"
#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::auth {

/// What an Authorization header says it sends.
struct SentToken {
  std::string_view text;    ///< "" where the header is of another scheme
  bool with_proof = false;  ///< scheme DPoP (RFC 9449 §7.1), else Bearer (RFC 6750 §2.1)
};

/// Schemes are case-insensitive (RFC 9110 §11.1).
SentToken read_authorization(std::string_view header);

/// Throws Failure 401 with a challenge unless the request shows all that its token is bound to: the
/// certificate (RFC 8705 §3), the key by a proof of this request (RFC 9449 §4.3, `htu` being its
/// origin or else the issuer's URL, and the path). A bound token is none to be sent as Bearer, nor
/// the other way round. A proof is used up. Throws what UsedOnce::take throws, too.
void require_binding(const Confirmation& confirmation, const SentToken& token,
                     const Presented& presented, std::string_view issuer, UsedOnce& used,
                     db::Connection& connection, Time now);

}  // namespace gatehouse::auth
