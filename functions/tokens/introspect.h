#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/authenticator.h"
#include "core/time.h"
#include "db/connection.h"
#include "tokens/client.h"

namespace gatehouse::tokens {

/// The scope that lets a client see tokens that are neither its own nor for it: all of them, or
/// where it is bound to a tenant, those of this tenant.
inline constexpr std::string_view introspection_scope = "token.introspect";

/// A token that is good at this moment.
struct ActiveToken {
  std::shared_ptr<const auth::VerifiedToken> token;
  std::vector<std::string> scopes;  ///< those of the token that are still granted
};

/// What RFC 7662 calls active, as far as it is the caller's business. Nothing for everything else:
/// what is forged, has expired, was revoked, or belongs to a disabled client, a killed agent or an
/// ended session; and what the caller has nothing to do with. It sees the tokens that were issued
/// to it (also to act for a user), those whose `aud` is its client_id, and with introspection_scope
/// others'.
/// `issuer_tenant`: whose issuer is asked; a tenant's knows its own tokens only (empty: all).
///
/// No round trip for a service's token that was seen before; one for a user's, whose session may
/// have ended. Throws db::Unavailable.
std::optional<ActiveToken> introspect(auth::Authenticator& authenticator, const Client& caller,
                                      std::string_view issuer_tenant, std::string_view text,
                                      db::Connection& connection, Time now);

}  // namespace gatehouse::tokens
