#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "audit/journal.h"
#include "auth/tokens.h"
#include "auth/usage.h"
#include "core/time.h"
#include "db/connection.h"
#include "tokens/client.h"

namespace gatehouse::tokens {

/// What makes tokens and remembers that they were made.
struct Mint {
  auth::TokenIssuer& issuer;
  audit::Journals& journals;
  auth::Usage& usage;
};

/// Where a request came from, for the journal.
struct Origin {
  std::string_view remote_address, trace_id;
};

/// What a client asks for; empty where it does not.
struct Wanted {
  std::string_view scope = {}, resource = {}, audience = {};
  auth::Confirmation confirmation = {};  ///< what the token is to be bound to
};

struct ServiceToken {
  std::string text;
  std::string scope;  ///< joined by spaces; empty where the client has been granted nothing
  std::chrono::seconds lifetime;
};

/// Issues an access token to an authenticated client and keeps its row in the journal: there is no
/// token without one. No round trip. Throws Failure 400 `invalid_scope`, `invalid_target`;
/// db::Unavailable where there is no signing key or no room in the journal.
ServiceToken issue_service_token(const Mint& mint, const Client& client, const Wanted& wanted,
                                 const Origin& origin, db::Connection& connection, Time now);

}  // namespace gatehouse::tokens
