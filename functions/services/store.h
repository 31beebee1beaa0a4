#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/settings.h"
#include "crypto/hash.h"
#include "db/connection.h"
#include "services/activity.h"
#include "services/service.h"
#include "services/usage.h"

/// The SQL of this function. Transactions must have the platform's scope.
namespace gatehouse::services::store {

void insert(db::Transaction& transaction, const Service& service);
void insert_secret(db::Transaction& transaction, std::string_view client_id,
                   const crypto::Digest& hash, Time now);
/// By client_id, those after `after`.
std::vector<Service> list(db::Connection& connection, std::string_view after, int limit);

struct Found {
  Service service;
  bool last_admin;    ///< no other active platform service holds internal:admin
  bool tenant_known;  ///< there is the tenant that was asked for
};

/// Keeps every other change of services waiting until this transaction ends. Throws Failure 404
/// `client_not_found`.
Found find_for_change(db::Transaction& transaction, std::string_view client_id,
                      std::string_view tenant_id = {});
/// How it authenticates.
void set_authentication(db::Transaction& transaction, const Service& service);
/// All else that a change can change; never the scopes.
void update(db::Transaction& transaction, const Service& service);

void insert_scope(db::Transaction& transaction, std::string_view client_id, std::string_view scope,
                  std::string_view granted_by, Time now);
void delete_scope(db::Transaction& transaction, std::string_view client_id, std::string_view scope);
/// What an active service of an active tenant holds; nothing of any other, and of a killed agent.
std::vector<std::string> active_grants(db::Connection& connection, std::string_view client_id);
/// Default scopes and custom claims.
void set_token_content(db::Transaction& transaction, const Service& service);

/// None where there is no such service.
std::optional<std::vector<LogEntry>> log(db::Connection& connection, std::string_view client_id,
                                         const LogPage& page);
std::optional<Statistics> statistics(db::Connection& connection, std::string_view client_id,
                                     Time since);

/// None where there is no such service.
std::optional<UsageReport> usage(db::Connection& connection, std::string_view client_id, Time now);

/// Deletes at most so many rows of a kind of the SQL function cleanup() that were over `kept` ago,
/// in a transaction of its own; fewer: nothing is left but what others are at.
std::int64_t delete_batch_of(db::Connection& connection, std::string_view kind,
                             std::chrono::seconds kept, int rows);
/// Returns how many were missing.
std::int64_t ensure_partitions(db::Connection& connection, int days);

enum class Drop { none_due, dropped, busy };
/// One of those that are due. `busy`: somebody uses each journal that has one; nobody was kept
/// waiting for longer than 50 ms.
Drop drop_partition(db::Connection& connection, const Settings& settings, Time now);

}  // namespace gatehouse::services::store
