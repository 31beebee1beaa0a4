#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "auth/principal.h"
#include "core/time.h"
#include "db/connection.h"
#include "tokens/issue.h"

namespace gatehouse::tokens {

inline constexpr std::chrono::seconds delegated_lifetime{300};

struct Delegation {
  std::string_view tenant_id, user_id;
  std::string_view user_agent;  ///< of the service, printable, for the user's list of sessions
};

/// What delegate() has made ready. It counts once its session is stored.
struct DelegatedToken {
  std::string text;
  std::string session_id;
  Time expires_at;
};

/// Makes a token with which a service acts for a user (RFC 8693 §4.1 `act`), and keeps its row in
/// the journal. `service` has the scope for it; where it is bound to a tenant it reaches no other.
/// What its own token is bound to, the new one is bound to as well.
/// Runs outside the transaction, since reading signing keys needs the connection. Throws Failure
/// 404 where there is no such tenant or user, 422 where either is disabled; db::Unavailable.
DelegatedToken make_delegated_token(const Mint& mint, const auth::Principal& service,
                                    const Delegation& wanted, const Origin& origin,
                                    db::Connection& connection, Time now);

/// Opens the token's session, which user tokens are checked against: until it is committed the
/// token is worth nothing. The transaction must have the tenant's scope. Throws Failure 404 where
/// the user has gone meanwhile.
void open_session(db::Transaction& transaction, const DelegatedToken& token,
                  const Delegation& wanted, const Origin& origin, Time now);

}  // namespace gatehouse::tokens
