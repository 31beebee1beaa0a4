#include "webhooks/store.h"

namespace gatehouse::webhooks::store {
namespace {

#define ENDPOINT_COLUMNS                                                                    \
  "id, url, description, event_types, ordered, max_concurrency, rate_per_second, status,"   \
  " disabled_reason, failing_since, probe_at IS NOT NULL AS parked, previous_secret_until," \
  " created_at, updated_at"

constexpr db::Statement lock_count{
    "webhooks_lock_count",
    "SELECT pg_advisory_xact_lock(hashtext('gatehouse.webhooks'), hashtext($1))"};
constexpr db::Statement count_all{
    "webhooks_count", "SELECT count(*) AS endpoints FROM webhook_endpoints WHERE tenant_id = $1"};

constexpr db::Statement insert{
    "webhooks_insert",
    "INSERT INTO webhook_endpoints (id, tenant_id, url, description, event_types, ordered,"
    "  max_concurrency, rate_per_second, status, secret_sealed, created_at, updated_at)"
    " VALUES ($1, $2, $3, $4, $5::text[], $6::boolean, $7::int, $8::int, 'enabled', $9, $10, $10)"};

constexpr db::Statement update{
    "webhooks_update",
    "UPDATE webhook_endpoints SET url = coalesce($3, url), description = coalesce($4, description),"
    "       event_types = coalesce($5::text[], event_types),"
    "       ordered = coalesce($6::boolean, ordered),"
    "       max_concurrency = coalesce($7::int, max_concurrency),"
    "       rate_per_second = CASE WHEN $8::boolean THEN $9::int ELSE rate_per_second END,"
    "       updated_at = $10"
    " WHERE tenant_id = $1 AND id = $2 RETURNING " ENDPOINT_COLUMNS};

constexpr db::Statement enable{
    "webhooks_enable",
    "UPDATE webhook_endpoints SET status = 'enabled', disabled_reason = NULL, failing_since = NULL,"
    "       probe_at = NULL, updated_at = $3"
    " WHERE tenant_id = $1 AND id = $2 RETURNING " ENDPOINT_COLUMNS};

constexpr db::Statement disable{"webhooks_disable",
                                "UPDATE webhook_endpoints SET status = 'disabled', updated_at = $3,"
                                "       disabled_reason = coalesce(disabled_reason, 'requested')"
                                " WHERE tenant_id = $1 AND id = $2 RETURNING " ENDPOINT_COLUMNS};

constexpr db::Statement remove{"webhooks_delete",
                               "DELETE FROM webhook_endpoints WHERE tenant_id = $1 AND id = $2"};

constexpr db::Statement rotate{
    "webhooks_rotate",
    "UPDATE webhook_endpoints SET previous_secret_until = $4::timestamptz,"
    "       previous_secret_sealed = CASE WHEN $4::timestamptz IS NOT NULL THEN secret_sealed END,"
    "       secret_sealed = $3, updated_at = $5"
    " WHERE tenant_id = $1 AND id = $2"};

constexpr db::Statement select_status{
    "webhooks_status", "SELECT status FROM webhook_endpoints WHERE tenant_id = $1 AND id = $2"};

constexpr db::Statement select_one{"webhooks_find",
                                   "SELECT " ENDPOINT_COLUMNS
                                   " FROM webhook_endpoints WHERE tenant_id = $1 AND id = $2"};

constexpr db::Statement select_list{"webhooks_list",
                                    "SELECT " ENDPOINT_COLUMNS
                                    " FROM webhook_endpoints WHERE tenant_id = $1 AND id > $2"
                                    " ORDER BY id LIMIT $3::int"};
#undef ENDPOINT_COLUMNS

Endpoint endpoint_of(const db::Result& rows, int row) {
  Endpoint endpoint;
  endpoint.id = rows.text(row, "id");
  EndpointSettings& settings = endpoint.settings;
  settings.url = rows.text(row, "url");
  settings.description = rows.text(row, "description");
  settings.event_types = rows.texts(row, "event_types");
  settings.ordered = rows.boolean(row, "ordered");
  settings.max_concurrency = rows.integer(row, "max_concurrency");
  if (!rows.is_null(row, "rate_per_second")) {
    settings.rate_per_second = rows.integer(row, "rate_per_second");
  }
  endpoint.status = rows.text(row, "status");
  endpoint.disabled_reason = rows.optional_text(row, "disabled_reason");
  endpoint.failing_since = rows.optional_time(row, "failing_since");
  endpoint.parked = rows.boolean(row, "parked");
  endpoint.previous_secret_until = rows.optional_time(row, "previous_secret_until");
  endpoint.created_at = rows.time(row, "created_at");
  endpoint.updated_at = rows.time(row, "updated_at");
  return endpoint;
}

std::optional<Endpoint> single(const db::Result& rows) {
  return rows.empty() ? std::nullopt : std::optional(endpoint_of(rows, 0));
}

template <typename Value>
db::Param optional(const std::optional<Value>& value) {
  return value ? db::Param(*value) : db::Param(std::nullopt);
}

}  // namespace

std::int64_t count_endpoints_for_change(db::Transaction& transaction, std::string_view tenant_id) {
  transaction.queue(lock_count, {tenant_id});
  return transaction.run(count_all, {tenant_id}).integer(0, "endpoints");
}

void insert_endpoint(db::Transaction& transaction, std::string_view tenant_id,
                     const Endpoint& endpoint, const Bytes& sealed_secret) {
  const EndpointSettings& settings = endpoint.settings;
  transaction.queue(
      insert, {endpoint.id, tenant_id, settings.url, settings.description,
               db::array_literal(settings.event_types), settings.ordered, settings.max_concurrency,
               optional(settings.rate_per_second), sealed_secret, endpoint.created_at});
}

std::optional<Endpoint> update_endpoint(db::Transaction& transaction, std::string_view tenant_id,
                                        std::string_view id, const EndpointChange& change,
                                        Time now) {
  std::optional<std::string> types;
  if (change.event_types) types = db::array_literal(*change.event_types);
  const auto& rate = change.rate_per_second;
  return single(
      transaction.run(update, {tenant_id, id, change.url, change.description, types,
                               optional(change.ordered), optional(change.max_concurrency),
                               rate.has_value(), optional(rate.value_or(std::nullopt)), now}));
}

std::optional<Endpoint> update_status(db::Transaction& transaction, std::string_view tenant_id,
                                      std::string_view id, bool enabled, Time now) {
  return single(transaction.run(enabled ? enable : disable, {tenant_id, id, now}));
}

bool delete_endpoint(db::Transaction& transaction, std::string_view tenant_id,
                     std::string_view id) {
  return transaction.run(remove, {tenant_id, id}).affected() != 0;
}

bool replace_secret(db::Transaction& transaction, std::string_view tenant_id, std::string_view id,
                    const Bytes& sealed_secret, std::optional<Time> previous_until, Time now) {
  return transaction.run(rotate, {tenant_id, id, sealed_secret, previous_until, now}).affected() !=
         0;
}

std::optional<std::string> endpoint_status(db::Transaction& transaction, std::string_view tenant_id,
                                           std::string_view id) {
  const db::Result rows = transaction.run(select_status, {tenant_id, id});
  return rows.empty() ? std::nullopt : rows.optional_text(0, "status");
}

std::optional<Endpoint> find_endpoint(db::Connection& connection, std::string_view tenant_id,
                                      std::string_view id) {
  return single(connection.read(db::Scope::tenant(tenant_id), select_one, {tenant_id, id}));
}

std::vector<Endpoint> endpoints(db::Connection& connection, std::string_view tenant_id,
                                std::string_view after, int limit) {
  const db::Result rows =
      connection.read(db::Scope::tenant(tenant_id), select_list, {tenant_id, after, limit});
  std::vector<Endpoint> found;
  found.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) found.push_back(endpoint_of(rows, row));
  return found;
}

}  // namespace gatehouse::webhooks::store
