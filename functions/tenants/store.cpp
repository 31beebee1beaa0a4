#include "tenants/store.h"

namespace gatehouse::tenants::store {
namespace {

constexpr db::Statement insert_tenant{
    "tenants_insert",
    "INSERT INTO tenants (id, name, status, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)"};

// The key without an end comes first (NULLs are the greatest): of two rotations at once, the one
// whose request came first may be the last to commit, and then the newest key is not the one that
// stays.
constexpr db::Statement select_card{
    "tenants_card",
    "SELECT t.name, t.created_at,"
    "       (SELECT fingerprint FROM tenant_keys WHERE tenant_id = $1 AND kind = 'secret'"
    "         ORDER BY expires_at DESC, created_at DESC LIMIT 1) AS fingerprint,"
    "       (SELECT public_key FROM tenant_keys WHERE tenant_id = $1 AND kind = 'public'"
    "         ORDER BY expires_at DESC, created_at DESC LIMIT 1) AS public_key"
    "  FROM tenants t WHERE t.id = $1"};

#define TENANT_COLUMNS                                                                   \
  "id, name, status, password_min_length, refuse_common_passwords, user_token_seconds, " \
  "created_at, updated_at,"                                                              \
  " EXISTS (SELECT FROM signing_keys k WHERE coalesce(k.tenant_id, '') = tenants.id"     \
  "          AND k.retired_at IS NULL) AS own_issuer"

constexpr db::Statement update_tenant{
    "tenants_update",
    "UPDATE tenants SET name = coalesce($2, name),"
    "       password_min_length = coalesce($3::int, password_min_length),"
    "       refuse_common_passwords = coalesce($4::boolean, refuse_common_passwords),"
    "       user_token_seconds = coalesce($5::int, user_token_seconds), updated_at = $6"
    " WHERE id = $1 RETURNING " TENANT_COLUMNS};

constexpr db::Statement update_tenant_status{
    "tenants_update_status",
    "UPDATE tenants SET status = $2, updated_at = $3 WHERE id = $1 RETURNING " TENANT_COLUMNS};

constexpr db::Statement select_tenants{"tenants_list",
                                       "SELECT " TENANT_COLUMNS
                                       " FROM tenants WHERE id > $1 ORDER BY id LIMIT $2::int"};

#undef TENANT_COLUMNS

constexpr db::Statement lock_tenant{"tenants_lock",
                                    "SELECT id FROM tenants WHERE id = $1 FOR UPDATE"};

constexpr db::Statement insert_tenant_key{
    "tenants_insert_key",
    "INSERT INTO tenant_keys (id, tenant_id, kind, key_hash, public_key, fingerprint, created_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7)"};

constexpr db::Statement expire_tenant_keys{
    "tenants_expire_keys",
    "UPDATE tenant_keys SET expires_at = $3"
    " WHERE tenant_id = $1 AND kind = $2 AND (expires_at IS NULL OR expires_at > $3)"};

constexpr db::Statement select_keys{
    "tenants_keys",
    "SELECT id, kind, fingerprint, public_key, created_at, expires_at FROM tenant_keys"
    " WHERE tenant_id = $1 AND (expires_at IS NULL OR expires_at > $2)"
    " ORDER BY created_at DESC, id DESC"};

constexpr db::Statement select_statistics{
    "tenants_statistics",
    "WITH u AS (SELECT count(*) AS users, count(*) FILTER (WHERE status = 'disabled') AS disabled,"
    "                  count(email_verified_at) AS verified"
    "             FROM users WHERE tenant_id = $1),"
    "     s AS (SELECT count(DISTINCT user_id) FILTER (WHERE created_at >= $2) AS active,"
    "                  count(*) FILTER (WHERE ended_at IS NULL AND expires_at > $3) AS open"
    "             FROM sessions WHERE tenant_id = $1),"
    "     r AS (SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS n"
    "             FROM users WHERE tenant_id = $1 AND created_at >= $2 GROUP BY 1),"
    "     l AS (SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS n"
    "             FROM sessions WHERE tenant_id = $1 AND created_at >= $2 GROUP BY 1)"
    " SELECT u.users, u.disabled, u.verified, s.active, s.open, d.day::date AS day,"
    "        coalesce(r.n, 0) AS registrations, coalesce(l.n, 0) AS logins"
    "   FROM tenants t, u, s,"
    "        generate_series(($2::timestamptz AT TIME ZONE 'UTC')::date,"
    "                        ($3::timestamptz AT TIME ZONE 'UTC')::date, interval '1 day') AS d "
    "(day)"
    "   LEFT JOIN r ON r.day = d.day::date LEFT JOIN l ON l.day = d.day::date"
    "  WHERE t.id = $1 ORDER BY d.day"};

Tenant tenant_of(const db::Result& rows, int row) {
  Tenant tenant;
  tenant.id = rows.text(row, "id");
  tenant.name = rows.text(row, "name");
  tenant.status = rows.text(row, "status");
  tenant.password_min_length = static_cast<int>(rows.integer(row, "password_min_length"));
  tenant.refuse_common_passwords = rows.boolean(row, "refuse_common_passwords");
  if (!rows.is_null(row, "user_token_seconds")) {
    tenant.user_token_lifetime = std::chrono::seconds(rows.integer(row, "user_token_seconds"));
  }
  tenant.own_issuer = rows.boolean(row, "own_issuer");
  tenant.created_at = rows.time(row, "created_at");
  tenant.updated_at = rows.time(row, "updated_at");
  return tenant;
}

std::optional<Tenant> single(const db::Result& rows) {
  return rows.empty() ? std::nullopt : std::optional(tenant_of(rows, 0));
}

template <typename Number>
db::Param optional_number(const std::optional<Number>& number) {
  return number ? db::Param(static_cast<std::int64_t>(*number)) : db::Param(std::nullopt);
}

}  // namespace

void insert(db::Transaction& transaction, const Tenant& tenant) {
  transaction.queue(insert_tenant, {tenant.id, tenant.name, tenant.status, tenant.created_at});
}

std::optional<TenantCard> find_card(db::Connection& connection, std::string_view id) {
  const db::Result rows = connection.read(db::Scope::tenant(id), select_card, {id});
  if (rows.empty()) return std::nullopt;
  return TenantCard{.id = std::string(id),
                    .name = std::string(rows.text(0, "name")),
                    .secret_key_fingerprint = std::string(rows.text(0, "fingerprint")),
                    .public_key = std::string(rows.text(0, "public_key")),
                    .created_at = rows.time(0, "created_at")};
}

std::optional<Tenant> update(db::Transaction& transaction, std::string_view id,
                             const TenantChange& change, Time now) {
  const auto& flag = change.refuse_common_passwords;
  const auto& lifetime = change.user_token_lifetime;
  return single(transaction.run(
      update_tenant,
      {id, change.name, optional_number(change.password_min_length),
       flag ? db::Param(*flag) : db::Param(std::nullopt),
       lifetime ? db::Param(std::int64_t{lifetime->count()}) : db::Param(std::nullopt), now}));
}

std::optional<Tenant> update_status(db::Transaction& transaction, std::string_view id,
                                    std::string_view status, Time now) {
  return single(transaction.run(update_tenant_status, {id, status, now}));
}

std::vector<Tenant> list(db::Connection& connection, const db::Scope& scope, std::string_view after,
                         int limit) {
  const db::Result rows = connection.read(scope, select_tenants, {after, limit});
  std::vector<Tenant> tenants;
  tenants.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) tenants.push_back(tenant_of(rows, row));
  return tenants;
}

bool lock(db::Transaction& transaction, std::string_view id) {
  return !transaction.run(lock_tenant, {id}).empty();
}

void insert_key(db::Transaction& transaction, std::string_view tenant_id, KeyKind kind,
                const NewKey& key, const crypto::Digest& hash) {
  const bool is_public = kind == KeyKind::public_key;
  transaction.queue(
      insert_tenant_key,
      {key.id, tenant_id, kind_name(kind), db::Param(std::span<const std::byte>(hash)),
       is_public ? db::Param(key.key.reveal()) : db::Param(std::nullopt), key.fingerprint,
       key.created_at});
}

void expire_keys(db::Transaction& transaction, std::string_view tenant_id, KeyKind kind, Time at) {
  transaction.queue(expire_tenant_keys, {tenant_id, kind_name(kind), at});
}

std::vector<Key> keys(db::Connection& connection, std::string_view tenant_id, Time now) {
  const db::Result rows =
      connection.read(db::Scope::tenant(tenant_id), select_keys, {tenant_id, now});
  std::vector<Key> keys;
  keys.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) {
    keys.push_back({.id = std::string(rows.text(row, "id")),
                    .kind = std::string(rows.text(row, "kind")),
                    .fingerprint = std::string(rows.text(row, "fingerprint")),
                    .public_key = std::string(rows.text(row, "public_key")),
                    .created_at = rows.time(row, "created_at"),
                    .expires_at = rows.optional_time(row, "expires_at")});
  }
  return keys;
}

std::optional<Statistics> statistics(db::Connection& connection, std::string_view tenant_id,
                                     Time since, Time now) {
  const db::Result rows =
      connection.read(db::Scope::tenant(tenant_id), select_statistics, {tenant_id, since, now});
  if (rows.empty()) return std::nullopt;
  Statistics statistics{.users = rows.integer(0, "users"),
                        .disabled_users = rows.integer(0, "disabled"),
                        .verified_users = rows.integer(0, "verified"),
                        .active_users = rows.integer(0, "active"),
                        .open_sessions = rows.integer(0, "open"),
                        .since = since,
                        .days = {}};
  for (int row = 0; row < rows.rows(); ++row) {
    statistics.days.push_back({std::string(rows.text(row, "day")),
                               rows.integer(row, "registrations"), rows.integer(row, "logins")});
  }
  return statistics;
}

}  // namespace gatehouse::tenants::store
