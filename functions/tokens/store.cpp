#include "tokens/store.h"

#include <algorithm>
#include <stdexcept>

#include "core/ids.h"
#include "jose/jwk.h"
#include "json/parse.h"

namespace gatehouse::tokens::store {
namespace {

constexpr db::Statement select_client{
    "tokens_client",
    "SELECT s.status = 'active' AND (s.tenant_id IS NULL OR tenant_is_active(s.tenant_id))"
    "         AS active,"
    "       s.auth_method, s.jwks, s.jwks_uri, s.certificate_check, s.certificate_value, "
    "s.dpop_bound,"
    "       s.tenant_id, s.system_id, s.env, s.audiences, coalesce(s.token_seconds, 0) AS seconds,"
    "       s.default_scopes, s.custom_claims,"
    "       array(SELECT scope FROM service_scopes WHERE client_id = $1 ORDER BY scope) AS scopes,"
    "       agent_of(s) AS agent, c.id AS secret_id, c.secret_hash, c.expires_at"
    "  FROM services s LEFT JOIN service_secrets c ON c.client_id = s.client_id"
    " WHERE s.client_id = $1"};

constexpr db::Statement select_tenant_user{
    "tokens_tenant_user",
    "SELECT t.status AS tenant_status, u.status AS user_status, coalesce(u.roles, '{}') AS roles"
    "  FROM tenants t LEFT JOIN users u ON u.tenant_id = $1 AND u.id = $2 WHERE t.id = $1"};

constexpr db::Statement insert_user_session{
    "tokens_insert_session",
    "INSERT INTO sessions (id, tenant_id, user_id, created_at, expires_at, ip_address, user_agent)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7)"};

constexpr db::Statement enter_only{"tokens_enter_only", "SELECT true AS entered"};

constexpr db::Statement revoke{"tokens_revoke", "SELECT revoke_token($1, $2, $3)"};

// A tenant whose keys are all retired has no issuer; the platform always has one.
constexpr db::Statement select_issuers_due{
    "tokens_issuers_due",
    "SELECT issuer FROM (SELECT coalesce(tenant_id, '') AS issuer, created_at FROM signing_keys"
    "                     WHERE retired_at IS NULL UNION ALL SELECT '', '-infinity') AS k"
    " GROUP BY issuer HAVING max(created_at) <= $1 ORDER BY issuer"};

constexpr db::Statement insert_rotation{
    "tokens_insert_rotation",
    "INSERT INTO sys_audit_logs (id, at, tenant_id, event, outcome, actor_kind, actor_id,"
    " resource_type, resource_id, detail) VALUES ($1, $2, nullif($3, ''), 'signing_key.rotated',"
    " 'success', 'job', 'rotate-keys', 'signing_key', $4, $5::jsonb)"};

/// More than a service may register.
constexpr std::size_t most_keys = 64;

constexpr std::string_view foreign_key_violation = "23503";

Client::SecretHash secret_of(const db::Result& rows, int row) {
  Client::SecretHash secret{};
  secret.id = rows.text(row, "secret_id");
  const Bytes hash = rows.bytes(row, "secret_hash");
  std::copy_n(hash.begin(), std::min(hash.size(), secret.hash.size()), secret.hash.begin());
  secret.expires_at = rows.optional_time(row, "expires_at");
  return secret;
}

Client::Method method_of(std::string_view name) {
  using Method = Client::Method;
  if (name.empty()) return Method::secret;
  if (name == "client_secret_basic") return Method::basic_secret;
  if (name == "client_secret_post") return Method::posted_secret;
  if (name == "private_key_jwt") return Method::key;
  if (name.ends_with("tls_client_auth")) return Method::certificate;
  throw std::logic_error("a service has an unknown way of authenticating");
}

jose::KeySet keys_of(const db::Result& rows) {
  if (rows.is_null(0, "jwks")) return {};
  return jose::KeySet(jose::from_jwks(json::parse(rows.text(0, "jwks")), most_keys));
}

}  // namespace

std::optional<Client> find_client(db::Connection& connection, std::string_view client_id) {
  const db::Result rows = connection.read(db::Scope::none(), select_client, {client_id});
  if (rows.empty()) return std::nullopt;
  Client client;
  client.client_id = client_id;
  client.active = rows.boolean(0, "active");
  client.tenant_id = rows.text(0, "tenant_id");
  client.system_id = rows.text(0, "system_id");
  client.env = rows.text(0, "env");
  client.audiences = rows.texts(0, "audiences");
  client.token_lifetime = std::chrono::seconds(rows.integer(0, "seconds"));
  client.scopes = rows.texts(0, "scopes");
  if (!rows.is_null(0, "default_scopes")) client.default_scopes = rows.texts(0, "default_scopes");
  client.custom_claims = rows.text(0, "custom_claims");
  client.agent = auth::parse_agent(rows.text(0, "agent"));
  client.method = method_of(rows.text(0, "auth_method"));
  client.keys = keys_of(rows);
  client.jwks_uri = rows.text(0, "jwks_uri");
  client.certificate = {std::string(rows.text(0, "certificate_check")),
                        std::string(rows.text(0, "certificate_value"))};
  client.dpop_bound = rows.boolean(0, "dpop_bound");
  for (int row = 0; row < rows.rows(); ++row) {
    if (!rows.is_null(row, "secret_hash")) client.secrets.push_back(secret_of(rows, row));
  }
  return client;
}

std::optional<TenantUser> find_tenant_user(db::Connection& connection, std::string_view tenant_id,
                                           std::string_view user_id) {
  const db::Result rows =
      connection.read(db::Scope::tenant(tenant_id), select_tenant_user, {tenant_id, user_id});
  if (rows.empty()) return std::nullopt;
  return TenantUser{.tenant_status = std::string(rows.text(0, "tenant_status")),
                    .user_status = rows.optional_text(0, "user_status"),
                    .roles = rows.texts(0, "roles")};
}

bool insert_session(db::Transaction& transaction, const NewSession& session) {
  try {
    transaction.run(insert_user_session,
                    {session.id, session.tenant_id, session.user_id, session.created_at,
                     session.expires_at, session.remote_address, session.user_agent});
    return true;
  } catch (const db::StatementError& error) {
    if (error.sqlstate() == foreign_key_violation) return false;
    throw;
  }
}

bool session_lives(db::Connection& connection, std::string_view tenant_id, std::string_view user_id,
                   std::string_view session_id) {
  try {
    connection.read(db::Scope::session(tenant_id, user_id, session_id), enter_only);
    return true;
  } catch (const db::StatementError& error) {
    if (error.sqlstate() == db::session_ended) return false;
    throw;
  }
}

void revoke_token(db::Transaction& transaction, std::string_view jti, std::string_view client_id,
                  Time expires_at) {
  transaction.queue(revoke, {jti, client_id, expires_at});
}

std::vector<std::string> issuers_due(db::Connection& connection, Time before) {
  const db::Result rows = connection.read(db::Scope::platform(), select_issuers_due, {before});
  std::vector<std::string> tenants;
  for (int row = 0; row < rows.rows(); ++row) tenants.emplace_back(rows.text(row, "issuer"));
  return tenants;
}

void record_rotation(db::Transaction& transaction, std::string_view tenant_id, std::string_view kid,
                     std::string_view detail, Time now) {
  transaction.queue(insert_rotation, {make_id("aud_", now), now, tenant_id, kid, detail});
}

}  // namespace gatehouse::tokens::store
