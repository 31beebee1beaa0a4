#pragma once

#include <string>
#include <string_view>

#include "auth/principal.h"
#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::audit {

/// What a change was done to. Never holds a secret, a token, a password or a personal datum.
struct Subject {
  std::string tenant_id;      ///< whose audit trail it belongs to; empty = the platform's
  std::string resource_type;  ///< tenant, user, session, service, key
  std::string resource_id;
  std::string on_behalf_of;   ///< the user that a service acted for; else empty
  std::string detail = "{}";  ///< JSON object: names of what changed, scopes, grace periods
};

struct Event {
  std::string_view code;     ///< `user.registered`: stable, past tense
  std::string_view outcome;  ///< success, failure
  const auth::Principal& actor;
  std::string_view on_behalf_of;  ///< the user a service acts for; else empty
  std::string_view route;
  std::string_view remote_address;
  std::string_view trace_id;
  std::string_view request_id;
  const Subject& subject;
};

/// public_key, secret_key, user, service, agent or anonymous: what the actor proved its identity
/// with. Whatever an agent does is an agent's, also where it acts for a user.
std::string_view actor_kind(const auth::Principal& actor);

/// Queues the row in the change's own transaction: no row, no change.
void record(db::Transaction& transaction, const Event& event, Time now);

}  // namespace gatehouse::audit
