#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/authenticator.h"
#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::tokens {

/// A service token that is good at this moment.
struct ValidToken {
  std::string client_id;
  std::vector<std::string> scopes;  ///< those of the token that are still granted
  Time expires_at;
  auth::Confirmation confirmation;  ///< what the caller of that service has to hold
};

/// The client that a token was issued to; empty for a user's that no service acts with.
const std::string& client_of_token(const auth::VerifiedToken& token);

/// The scopes of a token that its client still holds.
std::vector<std::string> still_granted(const auth::VerifiedToken& token,
                                       const auth::Client& client);

/// Nothing for whatever is no living service token: forged, expired, a user's, of a client that is
/// disabled, whose tokens were revoked, or that is an agent and was killed. The audience is not
/// judged: the question comes from the services that tokens are for, and each knows its own name.
/// No round trip for a token that was seen before. Throws db::Unavailable.
std::optional<ValidToken> validate_service_token(auth::Authenticator& authenticator,
                                                 std::string_view token, db::Connection& connection,
                                                 Time now);

}  // namespace gatehouse::tokens
