#include "services/store.h"

#include <algorithm>

#include "core/ids.h"
#include "services/errors.h"

namespace gatehouse::services::store {
namespace {

#define SERVICE_COLUMNS                                                                         \
  "s.client_id, s.service_name, s.description, s.status, s.tenant_id, s.system_id, s.env,"      \
  " s.audiences, s.token_seconds, s.tokens_valid_from, s.created_at, s.updated_at,"             \
  " agent_of(s) AS agent, s.default_scopes, s.custom_claims,"                                   \
  " s.auth_method, s.jwks, s.jwks_uri, s.certificate_check, s.certificate_value, s.dpop_bound," \
  " array(SELECT scope FROM service_scopes WHERE client_id = s.client_id ORDER BY scope) AS "   \
  "scopes"

constexpr db::Statement insert_service{
    "services_insert",
    "INSERT INTO services (client_id, service_name, description, created_at, updated_at, kind,"
    "                      calls_per_hour, writes_per_hour, rate_per_minute, max_per_call,"
    "                      auth_method, jwks, jwks_uri, certificate_check, certificate_value,"
    "                      dpop_bound)"
    " VALUES ($1, $2, $3, $4, $4, $5, $6::int, $7::int, $8::int, $9::jsonb, $10, $11::jsonb, $12,"
    "         $13, $14, $15::boolean)"};

constexpr db::Statement insert_service_secret{
    "services_insert_secret",
    "INSERT INTO service_secrets (id, client_id, secret_hash, created_at) VALUES ($1, $2, $3, $4)"};

constexpr db::Statement select_services{"services_list", "SELECT " SERVICE_COLUMNS
                                                         " FROM services s WHERE s.client_id > $1"
                                                         " ORDER BY s.client_id LIMIT $2::int"};

// A statement of its own: the next one's snapshot has to be taken after the lock.
constexpr db::Statement lock_changes{
    "services_lock_changes", "SELECT pg_advisory_xact_lock(hashtext('gatehouse.services'))"};

constexpr db::Statement select_for_change{
    "services_find_for_change",
    "SELECT " SERVICE_COLUMNS
    ", s.status = 'active' AND s.tenant_id IS NULL"
    "  AND EXISTS (SELECT FROM service_scopes WHERE client_id = $1 AND scope = 'internal:admin')"
    "  AND NOT EXISTS (SELECT FROM services o JOIN service_scopes g USING (client_id)"
    "                   WHERE g.scope = 'internal:admin' AND o.status = 'active'"
    "                     AND o.tenant_id IS NULL AND o.client_id <> $1) AS last_admin,"
    " EXISTS (SELECT FROM tenants WHERE id = $2) AS tenant_known"
    " FROM services s WHERE s.client_id = $1 FOR UPDATE OF s"};

#undef SERVICE_COLUMNS

constexpr db::Statement update_service{
    "services_update",
    "UPDATE services SET description = $2, status = $3, tenant_id = $4, system_id = $5, env = $6,"
    "       audiences = $7, token_seconds = $8::int, tokens_valid_from = $9, updated_at = $10,"
    "       calls_per_hour = $11::int, writes_per_hour = $12::int, rate_per_minute = $13::int,"
    "       max_per_call = $14::jsonb"
    " WHERE client_id = $1"};

constexpr db::Statement update_authentication{
    "services_set_authentication",
    "UPDATE services SET auth_method = $2, jwks = $3::jsonb, jwks_uri = $4,"
    "       certificate_check = $5, certificate_value = $6, dpop_bound = $7::boolean"
    " WHERE client_id = $1"};

constexpr db::Statement update_token_content{
    "services_set_token_content",
    "UPDATE services SET default_scopes = $2, custom_claims = $3::json WHERE client_id = $1"};

constexpr db::Statement insert_service_scope{
    "services_insert_scope",
    "INSERT INTO service_scopes (client_id, scope, granted_by, granted_at) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT DO NOTHING"};

constexpr db::Statement delete_service_scope{
    "services_delete_scope", "DELETE FROM service_scopes WHERE client_id = $1 AND scope = $2"};

constexpr db::Statement select_active_grants{
    "services_active_grants",
    "SELECT array(SELECT scope FROM service_scopes WHERE client_id = $1) AS scopes FROM services s"
    " WHERE s.client_id = $1 AND s.status = 'active'"
    "   AND (s.tenant_id IS NULL OR tenant_is_active(s.tenant_id))"
    "   AND (agent_of(s) ->> 'killed') IS DISTINCT FROM 'true'"};

// `at <= $4` says nothing new, but lets PostgreSQL leave out the partitions of later days.
constexpr db::Statement select_log{
    "services_log",
    "SELECT l.* FROM services s LEFT JOIN LATERAL"
    " (SELECT id, at, endpoint, method, status_code, response_time_ms, ip_address, user_agent"
    "    FROM access_log WHERE client_id = $1 AND at <= $4 AND (at, id) < ($4, $5::bigint)"
    "   ORDER BY at DESC, id DESC LIMIT $2::int OFFSET $3::bigint) l ON true"
    " WHERE s.client_id = $1 ORDER BY l.at DESC, l.id DESC"};

constexpr db::Statement select_statistics{
    "services_statistics",
    "SELECT count(l.status_code) AS requests,"
    "       count(*) FILTER (WHERE l.status_code >= 400) AS errors,"
    "       coalesce(round(avg(l.response_time_ms), 2), 0)::float8 AS average"
    "  FROM services s LEFT JOIN access_log l ON l.client_id = $1 AND l.at >= $2"
    " WHERE s.client_id = $1 GROUP BY s.client_id"};

// The client sorts before its scopes and secrets.
constexpr db::Statement select_usage{
    "services_usage",
    "SELECT 'client' AS kind, client_id AS name, created_at, NULL::timestamptz AS expires_at,"
    "       last_used_at FROM services LEFT JOIN service_usage USING (client_id)"
    " WHERE client_id = $1 "
    "UNION ALL SELECT 'scope', scope, granted_at, NULL, last_used_at"
    "  FROM service_scopes LEFT JOIN service_scope_usage USING (client_id, scope)"
    " WHERE client_id = $1 "
    "UNION ALL SELECT 'secret', id, created_at, expires_at, last_used_at"
    "  FROM service_secrets LEFT JOIN service_secret_usage ON secret_id = id"
    " WHERE client_id = $1 AND (expires_at IS NULL OR expires_at > $2) "
    "ORDER BY kind, name"};

constexpr db::Statement delete_batch{"services_cleanup",
                                     "SELECT cleanup($1, $2::int, $3::int) AS deleted"};

constexpr db::Statement make_partitions{"services_ensure_partitions",
                                        "SELECT journal_partitions_ensure($1::int) AS made"};

constexpr db::Statement remove_partition{
    "services_drop_partition",
    "SELECT journal_partition_drop($1::int, $2::int, $3::int, $4::int, $5) AS dropped"};

struct AuthenticationColumns {
  db::Param method, jwks, jwks_uri, check{std::nullopt}, value{std::nullopt}, dpop_bound;

  explicit AuthenticationColumns(const Authentication& shown)
      : method(shown.method),
        jwks(shown.jwks),
        jwks_uri(shown.jwks_uri),
        dpop_bound(shown.dpop_bound) {
    if (!shown.certificate) return;
    check = db::Param(shown.certificate->check);
    value = db::Param(shown.certificate->value);
  }
};

Authentication authentication_of(const db::Result& rows, int row) {
  Authentication authentication;
  authentication.method = rows.optional_text(row, "auth_method");
  authentication.jwks = rows.optional_text(row, "jwks");
  authentication.jwks_uri = rows.optional_text(row, "jwks_uri");
  if (!rows.is_null(row, "certificate_check")) {
    authentication.certificate.emplace(
        Authentication::Certificate{std::string(rows.text(row, "certificate_check")),
                                    std::string(rows.text(row, "certificate_value"))});
  }
  authentication.dpop_bound = rows.boolean(row, "dpop_bound");
  return authentication;
}

Service service_of(const db::Result& rows, int row) {
  Service service;
  service.client_id = rows.text(row, "client_id");
  service.name = rows.text(row, "service_name");
  service.description = rows.text(row, "description");
  service.status = rows.text(row, "status");
  service.tenant_id = rows.optional_text(row, "tenant_id");
  service.system_id = rows.optional_text(row, "system_id");
  service.env = rows.optional_text(row, "env");
  service.audiences = rows.texts(row, "audiences");
  if (!rows.is_null(row, "token_seconds")) {
    service.token_lifetime = std::chrono::seconds(rows.integer(row, "token_seconds"));
  }
  service.tokens_valid_from = rows.optional_time(row, "tokens_valid_from");
  service.scopes = rows.texts(row, "scopes");
  if (!rows.is_null(row, "default_scopes")) {
    service.default_scopes = rows.texts(row, "default_scopes");
  }
  service.custom_claims = rows.text(row, "custom_claims");
  service.agent = auth::parse_agent(rows.text(row, "agent"));
  service.authentication = authentication_of(rows, row);
  service.created_at = rows.time(row, "created_at");
  service.updated_at = rows.time(row, "updated_at");
  return service;
}

auth::AgentColumns agent_columns(const Service& service) {
  return auth::AgentColumns(service.agent ? &service.agent->thresholds : nullptr);
}

}  // namespace

void insert(db::Transaction& transaction, const Service& service) {
  const auth::AgentColumns agent = agent_columns(service);
  const AuthenticationColumns shown(service.authentication);
  transaction.queue(
      insert_service,
      {service.client_id, service.name, service.description, service.created_at, agent.kind,
       agent.calls_per_hour, agent.writes_per_hour, agent.rate_per_minute, agent.max_per_call,
       shown.method, shown.jwks, shown.jwks_uri, shown.check, shown.value, shown.dpop_bound});
}

void set_authentication(db::Transaction& transaction, const Service& service) {
  const AuthenticationColumns shown(service.authentication);
  transaction.queue(update_authentication,
                    {service.client_id, shown.method, shown.jwks, shown.jwks_uri, shown.check,
                     shown.value, shown.dpop_bound});
}

void insert_secret(db::Transaction& transaction, std::string_view client_id,
                   const crypto::Digest& hash, Time now) {
  transaction.queue(insert_service_secret, {make_id("sct_", now), client_id,
                                            db::Param(std::span<const std::byte>(hash)), now});
}

std::vector<Service> list(db::Connection& connection, std::string_view after, int limit) {
  const db::Result rows = connection.read(db::Scope::none(), select_services, {after, limit});
  std::vector<Service> services;
  services.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) services.push_back(service_of(rows, row));
  return services;
}

Found find_for_change(db::Transaction& transaction, std::string_view client_id,
                      std::string_view tenant_id) {
  if (!is_id("svc_", client_id)) throw Failure(errors::client_not_found);
  transaction.queue(lock_changes);
  const db::Result rows = transaction.run(select_for_change, {client_id, tenant_id});
  if (rows.empty()) throw Failure(errors::client_not_found);
  return {service_of(rows, 0), rows.boolean(0, "last_admin"), rows.boolean(0, "tenant_known")};
}

void update(db::Transaction& transaction, const Service& service) {
  const auto& lifetime = service.token_lifetime;
  const auth::AgentColumns agent = agent_columns(service);
  transaction.queue(
      update_service,
      {service.client_id, service.description, service.status, service.tenant_id, service.system_id,
       service.env, db::array_literal(service.audiences),
       lifetime ? db::Param(std::int64_t{lifetime->count()}) : db::Param(std::nullopt),
       service.tokens_valid_from, service.updated_at, agent.calls_per_hour, agent.writes_per_hour,
       agent.rate_per_minute, agent.max_per_call});
}

void insert_scope(db::Transaction& transaction, std::string_view client_id, std::string_view scope,
                  std::string_view granted_by, Time now) {
  transaction.queue(insert_service_scope, {client_id, scope, granted_by, now});
}

void delete_scope(db::Transaction& transaction, std::string_view client_id,
                  std::string_view scope) {
  transaction.queue(delete_service_scope, {client_id, scope});
}

std::vector<std::string> active_grants(db::Connection& connection, std::string_view client_id) {
  if (!is_id("svc_", client_id)) return {};
  const auto rows = connection.read(db::Scope::none(), select_active_grants, {client_id});
  return rows.empty() ? std::vector<std::string>() : rows.texts(0, "scopes");
}

void set_token_content(db::Transaction& transaction, const Service& service) {
  transaction.queue(
      update_token_content,
      {service.client_id,
       service.default_scopes ? db::Param(db::array_literal(*service.default_scopes))
                              : db::Param(std::nullopt),
       service.custom_claims.empty() ? db::Param(std::nullopt) : db::Param(service.custom_claims)});
}

std::optional<std::vector<LogEntry>> log(db::Connection& connection, std::string_view client_id,
                                         const LogPage& page) {
  if (!is_id("svc_", client_id)) return std::nullopt;
  const db::Result rows =
      connection.read(db::Scope::none(), select_log,
                      {client_id, page.limit, page.offset,
                       page.before ? db::Param(page.before->at) : db::Param("infinity"),
                       page.before ? page.before->id : std::int64_t{0}});
  if (rows.empty()) return std::nullopt;
  std::vector<LogEntry> entries;
  entries.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows() && !rows.is_null(row, "id"); ++row) {
    entries.push_back({.id = rows.integer(row, "id"),
                       .endpoint = std::string(rows.text(row, "endpoint")),
                       .method = std::string(rows.text(row, "method")),
                       .status = static_cast<int>(rows.integer(row, "status_code")),
                       .took = std::chrono::milliseconds(rows.integer(row, "response_time_ms")),
                       .ip_address = std::string(rows.text(row, "ip_address")),
                       .user_agent = std::string(rows.text(row, "user_agent")),
                       .at = rows.time(row, "at")});
  }
  return entries;
}

std::optional<Statistics> statistics(db::Connection& connection, std::string_view client_id,
                                     Time since) {
  if (!is_id("svc_", client_id)) return std::nullopt;
  const db::Result rows = connection.read(db::Scope::none(), select_statistics, {client_id, since});
  if (rows.empty()) return std::nullopt;
  return Statistics{.since = since,
                    .requests = rows.integer(0, "requests"),
                    .errors = rows.integer(0, "errors"),
                    .average_response_time = rows.decimal(0, "average")};
}

std::optional<UsageReport> usage(db::Connection& connection, std::string_view client_id, Time now) {
  if (!is_id("svc_", client_id)) return std::nullopt;
  const db::Result rows = connection.read(db::Scope::none(), select_usage, {client_id, now});
  if (rows.empty()) return std::nullopt;
  UsageReport report{
      .last_used_at = rows.optional_time(0, "last_used_at"), .secrets = {}, .scopes = {}};
  for (int row = 1; row < rows.rows(); ++row) {
    const bool is_scope = rows.text(row, "kind") == "scope";
    (is_scope ? report.scopes : report.secrets)
        .push_back({.name = std::string(rows.text(row, "name")),
                    .since = rows.time(row, "created_at"),
                    .expires_at = rows.optional_time(row, "expires_at"),
                    .last_used_at = rows.optional_time(row, "last_used_at")});
  }
  return report;
}

std::int64_t delete_batch_of(db::Connection& connection, std::string_view kind,
                             std::chrono::seconds kept, int rows) {
  return connection.write(db::Scope::none(), delete_batch, {kind, kept.count(), rows})
      .integer(0, "deleted");
}

std::int64_t ensure_partitions(db::Connection& connection, int days) {
  return connection.write(db::Scope::none(), make_partitions, {days}).integer(0, "made");
}

Drop drop_partition(db::Connection& connection, const Settings& settings, Time now) {
  const auto result =
      connection.write(db::Scope::none(), remove_partition,
                       {settings.access_log_days, settings.token_journal_days, settings.audit_days,
                        settings.event_days, make_id("aud_", now)});
  if (result.is_null(0, "dropped")) return Drop::none_due;
  return result.text(0, "dropped") == "busy" ? Drop::busy : Drop::dropped;
}

}  // namespace gatehouse::services::store
