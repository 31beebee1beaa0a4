#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "db/connection.h"
#include "tokens/client.h"

/// The SQL of this function.
namespace gatehouse::tokens::store {

/// As stored: `audiences` are only the client's own, `token_lifetime` is 0 where it has none of its
/// own, and what follows from the settings is left out. One round trip.
std::optional<Client> find_client(db::Connection& connection, std::string_view client_id);

/// A tenant, and its user of that id if there is one.
struct TenantUser {
  std::string tenant_status;
  std::optional<std::string> user_status;
  std::vector<std::string> roles;
};
/// Nothing where there is no such tenant. One round trip.
std::optional<TenantUser> find_tenant_user(db::Connection& connection, std::string_view tenant_id,
                                           std::string_view user_id);

struct NewSession {
  std::string_view id, tenant_id, user_id;
  Time created_at, expires_at;
  std::string_view remote_address, user_agent;
};
/// The transaction must have the tenant's scope. False where there is no such user (any more).
bool insert_session(db::Transaction& transaction, const NewSession& session);

/// Whether the session is alive, and its user and tenant active. One round trip.
bool session_lives(db::Connection& connection, std::string_view tenant_id, std::string_view user_id,
                   std::string_view session_id);

/// Again is no harm.
void revoke_token(db::Transaction& transaction, std::string_view jti, std::string_view client_id,
                  Time expires_at);

/// The tenants, and "" for the platform, whose issuers have no key that was made after `before` and
/// is to go on signing.
std::vector<std::string> issuers_due(db::Connection& connection, Time before);

/// Queues the audit row of a rotation that nobody asked for but the calendar.
void record_rotation(db::Transaction& transaction, std::string_view tenant_id, std::string_view kid,
                     std::string_view detail, Time now);

}  // namespace gatehouse::tokens::store
