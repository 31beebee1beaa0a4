#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "crypto/hash.h"
#include "db/connection.h"
#include "tenants/keys.h"
#include "tenants/statistics.h"
#include "tenants/tenant.h"

/// The SQL of this function. Transactions must have the scope of the tenant that is named.
namespace gatehouse::tenants::store {

void insert(db::Transaction& transaction, const Tenant& tenant);
std::optional<TenantCard> find_card(db::Connection& connection, std::string_view id);
std::optional<Tenant> update(db::Transaction& transaction, std::string_view id,
                             const TenantChange& change, Time now);
std::optional<Tenant> update_status(db::Transaction& transaction, std::string_view id,
                                    std::string_view status, Time now);
/// By id, those after `after`.
std::vector<Tenant> list(db::Connection& connection, const db::Scope& scope, std::string_view after,
                         int limit);
/// Keeps other changes of the tenant waiting until this transaction ends. False if there is no
/// tenant.
bool lock(db::Transaction& transaction, std::string_view id);

void insert_key(db::Transaction& transaction, std::string_view tenant_id, KeyKind kind,
                const NewKey& key, const crypto::Digest& hash);
void expire_keys(db::Transaction& transaction, std::string_view tenant_id, KeyKind kind, Time at);
std::vector<Key> keys(db::Connection& connection, std::string_view tenant_id, Time now);

std::optional<Statistics> statistics(db::Connection& connection, std::string_view tenant_id,
                                     Time since, Time now);

}  // namespace gatehouse::tenants::store
