#include "auth/client_secrets.h"

#include <algorithm>

#include "core/ids.h"
#include "crypto/machine_secret.h"
#include "json/write.h"

namespace gatehouse::auth {
namespace {

constexpr db::Statement find_secrets{
    "auth_client_secrets",
    "SELECT s.tenant_id, coalesce(s.auth_method, '') IN ('', 'client_secret_basic',"
    "         'client_secret_post') AS needs_secret, c.id, c.created_at, c.expires_at, "
    "u.last_used_at FROM services s"
    "  LEFT JOIN service_secrets c"
    "    ON c.client_id = s.client_id AND (c.expires_at IS NULL OR c.expires_at > $2)"
    "  LEFT JOIN service_secret_usage u ON u.secret_id = c.id"
    " WHERE s.client_id = $1 ORDER BY c.created_at DESC, c.id DESC"};

// A statement of its own: the next one's snapshot has to be taken after the lock.
constexpr db::Statement lock_client{"auth_lock_client",
                                    "SELECT FROM services WHERE client_id = $1 FOR NO KEY UPDATE"};

constexpr db::Statement insert_secret{
    "auth_insert_client_secret",
    "INSERT INTO service_secrets (id, client_id, secret_hash, created_at, expires_at)"
    " VALUES ($1, $2, $3, $4, $5)"};

constexpr db::Statement delete_secret{
    "auth_delete_client_secret", "DELETE FROM service_secrets WHERE client_id = $1 AND id = $2"};

constexpr db::Statement delete_others{
    "auth_delete_other_client_secrets",
    "DELETE FROM service_secrets WHERE client_id = $1 AND id <> $2"};

constexpr db::Statement expire_others{
    "auth_expire_other_client_secrets",
    "UPDATE service_secrets SET expires_at = $3, expiry_told_at = $4"
    " WHERE client_id = $1 AND id <> $2 AND (expires_at IS NULL OR expires_at > $3)"};

constexpr db::Statement take_expiring{
    "auth_take_expiring_secrets",
    "UPDATE service_secrets c SET expiry_told_at = $1 FROM services s"
    " WHERE s.client_id = c.client_id AND c.id = ANY (ARRAY("
    "   SELECT id FROM service_secrets"
    "    WHERE expires_at > $1 AND expires_at <= $2 AND expiry_told_at IS NULL"
    "    ORDER BY expires_at LIMIT $3::int FOR UPDATE SKIP LOCKED))"
    " RETURNING c.id, c.client_id, s.tenant_id, c.expires_at"};

std::optional<SecretHolder> holder_of(const db::Result& rows) {
  if (rows.empty()) return std::nullopt;
  SecretHolder holder{.tenant_id = std::string(rows.text(0, "tenant_id")),
                      .needs_secret = rows.boolean(0, "needs_secret"),
                      .secrets = {}};
  for (int row = 0; row < rows.rows() && !rows.is_null(row, "id"); ++row) {
    holder.secrets.push_back({.id = std::string(rows.text(row, "id")),
                              .created_at = rows.time(row, "created_at"),
                              .expires_at = rows.optional_time(row, "expires_at"),
                              .last_used_at = rows.optional_time(row, "last_used_at")});
  }
  return holder;
}

}  // namespace

const ClientSecret* SecretHolder::find(std::string_view secret_id) const {
  const auto found = std::ranges::find(secrets, secret_id, &ClientSecret::id);
  return found == secrets.end() ? nullptr : &*found;
}

std::optional<SecretHolder> find_secret_holder(db::Connection& connection,
                                               std::string_view client_id, Time now) {
  if (!is_id("svc_", client_id)) return std::nullopt;
  return holder_of(connection.read(db::Scope::none(), find_secrets, {client_id, now}));
}

std::optional<SecretHolder> lock_secret_holder(db::Transaction& transaction,
                                               std::string_view client_id, Time now) {
  if (!is_id("svc_", client_id)) return std::nullopt;
  transaction.queue(lock_client, {client_id});
  return holder_of(transaction.run(find_secrets, {client_id, now}));
}

NewClientSecret add_client_secret(db::Transaction& transaction, const crypto::Keyring& keyring,
                                  std::string_view client_id,
                                  std::optional<std::chrono::seconds> lifetime, Time now) {
  NewClientSecret made{
      .kept = {.id = make_id("sct_", now), .created_at = now, .expires_at = {}, .last_used_at = {}},
      .text = crypto::make_machine_secret("secret_")};
  if (lifetime) made.kept.expires_at = now + *lifetime;
  const crypto::Digest hash = crypto::machine_secret_hash(keyring, made.text.reveal());
  transaction.queue(insert_secret, {made.kept.id, client_id, hash, now, made.kept.expires_at});
  return made;
}

void remove_client_secret(db::Transaction& transaction, std::string_view client_id,
                          std::string_view secret_id) {
  transaction.queue(delete_secret, {client_id, secret_id});
}

void end_other_client_secrets(db::Transaction& transaction, std::string_view client_id,
                              std::string_view kept, std::chrono::seconds grace, Time now) {
  if (grace == grace.zero()) {
    transaction.queue(delete_others, {client_id, kept});
  } else {
    transaction.queue(expire_others, {client_id, kept, now + grace, now});
  }
}

std::vector<ExpiringSecret> take_expiring_secrets(db::Transaction& transaction,
                                                  std::chrono::seconds notice, int most, Time now) {
  const db::Result rows = transaction.run(take_expiring, {now, now + notice, most});
  std::vector<ExpiringSecret> secrets;
  secrets.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) {
    secrets.push_back({.id = std::string(rows.text(row, "id")),
                       .client_id = std::string(rows.text(row, "client_id")),
                       .tenant_id = std::string(rows.text(row, "tenant_id")),
                       .expires_at = rows.time(row, "expires_at")});
  }
  return secrets;
}

std::string describe_secret(std::string_view client_id, std::string_view secret_id,
                            std::optional<Time> expires_at) {
  json::Writer out;
  out.begin_object().member("client_id", client_id).member("secret_id", secret_id);
  if (expires_at) out.member("expires_at", iso8601(*expires_at));
  out.end_object();
  return out.take();
}

std::string describe_secret_rotation(std::string_view client_id, std::string_view secret_id,
                                     std::chrono::seconds grace,
                                     const std::vector<ClientSecret>& replaced) {
  json::Writer out;
  out.begin_object()
      .member("client_id", client_id)
      .member("secret_id", secret_id)
      .member("grace_seconds", std::int64_t{grace.count()})
      .key("replaced")
      .begin_array();
  for (const ClientSecret& secret : replaced) out.string(secret.id);
  out.end_array().end_object();
  return out.take();
}

}  // namespace gatehouse::auth
