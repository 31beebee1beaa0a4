#pragma once

#include <string_view>

#include "core/time.h"
#include "db/connection.h"
#include "services/service.h"

namespace gatehouse::services {

/// Throws Failure 400 unless `scope` is one scope-token of RFC 6749 §3.3, at most 128 characters.
void require_scope_token(std::string_view scope);

/// Both return the service as it was found, need a transaction with the platform's scope, are
/// idempotent and throw Failure 404 `client_not_found`.

/// The service can use the scope, or those that the wildcard covers, in the tokens it obtains from
/// now on. `granted_by` is the id of who grants it. Throws Failure 400 `wildcard_invalid`, 422
/// `agent_cannot_manage`; where `closed`, 422 for what the catalogue does not list under that name.
Service grant_scope(db::Transaction& transaction, std::string_view client_id,
                    std::string_view scope, std::string_view granted_by, Time now,
                    bool closed = false);

/// The scope no longer counts within a second, in tokens that were issued before as well. Throws
/// Failure 422 `last_admin`.
Service revoke_scope(db::Transaction& transaction, std::string_view client_id,
                     std::string_view scope);

/// True where the service is active, its tenant (if it is bound to one) too, and it holds the
/// scope, by name or by a wildcard; false for a service that does not exist and for an agent that
/// was killed.
bool has_permission(db::Connection& connection, std::string_view client_id, std::string_view scope);

}  // namespace gatehouse::services
