#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/encoding.h"
#include "db/connection.h"
#include "webhooks/endpoint.h"

/// The SQL about endpoints. Transactions must have the scope of the tenant that is named.
namespace gatehouse::webhooks::store {

/// Keeps others who count the tenant's endpoints waiting until this transaction ends.
std::int64_t count_endpoints_for_change(db::Transaction& transaction, std::string_view tenant_id);
void insert_endpoint(db::Transaction& transaction, std::string_view tenant_id,
                     const Endpoint& endpoint, const Bytes& sealed_secret);
std::optional<Endpoint> update_endpoint(db::Transaction& transaction, std::string_view tenant_id,
                                        std::string_view id, const EndpointChange& change,
                                        Time now);
std::optional<Endpoint> update_status(db::Transaction& transaction, std::string_view tenant_id,
                                      std::string_view id, bool enabled, Time now);
/// False where there is no such endpoint.
bool delete_endpoint(db::Transaction& transaction, std::string_view tenant_id, std::string_view id);
/// Without `previous_until` the secret before is gone. False where there is no such endpoint.
bool replace_secret(db::Transaction& transaction, std::string_view tenant_id, std::string_view id,
                    const Bytes& sealed_secret, std::optional<Time> previous_until, Time now);
std::optional<std::string> endpoint_status(db::Transaction& transaction, std::string_view tenant_id,
                                           std::string_view id);

std::optional<Endpoint> find_endpoint(db::Connection& connection, std::string_view tenant_id,
                                      std::string_view id);
/// By id, those after `after`.
std::vector<Endpoint> endpoints(db::Connection& connection, std::string_view tenant_id,
                                std::string_view after, int limit);

}  // namespace gatehouse::webhooks::store
