#include "users/token_store.h"

#include "users/store_rows.h"

namespace gatehouse::users::store {
namespace {

// FOR SHARE: a change of address waits for this, and then drops the token, or this sees it.
constexpr db::Statement insert_token{
    "users_insert_one_time_token",
    "INSERT INTO one_time_tokens (token_hash, tenant_id, user_id, purpose, created_at, expires_at)"
    " SELECT $4::bytea, u.tenant_id, u.id, $3, $5::timestamptz, $6::timestamptz FROM users u"
    "  WHERE u.tenant_id = $1 AND u.email_key = $2 FOR SHARE RETURNING user_id"};

constexpr db::Statement select_policy{
    "users_policy_for_token",
    "SELECT " POLICY_COLUMNS
    "  FROM one_time_tokens o JOIN tenants t ON t.id = o.tenant_id"
    " WHERE o.token_hash = $3 AND o.tenant_id = $1 AND o.purpose = $2 AND o.used_at IS NULL"
    "   AND o.expires_at > $4"};

// Everything that touches a user and its tokens locks the user first, so that no two of them can
// wait for each other.
constexpr db::Statement lock_owner{
    "users_lock_token_owner",
    "SELECT u.id FROM one_time_tokens o"
    "  JOIN users u ON u.tenant_id = o.tenant_id AND u.id = o.user_id"
    " WHERE o.token_hash = $2 AND o.tenant_id = $1 FOR NO KEY UPDATE OF u"};

constexpr db::Statement use_token{
    "users_use_one_time_token",
    "UPDATE one_time_tokens SET used_at = $4::timestamptz"
    " WHERE token_hash = $3 AND tenant_id = $1 AND purpose = $2 AND used_at IS NULL"
    "   AND expires_at > $4 RETURNING user_id"};

constexpr db::Statement delete_tokens{
    "users_drop_one_time_tokens",
    "DELETE FROM one_time_tokens WHERE tenant_id = $1 AND user_id = $2"
    "   AND ($3::text IS NULL OR purpose = $3) AND used_at IS NULL"};

std::optional<std::string> user_id_of(const db::Result& rows) {
  return rows.empty() ? std::nullopt : rows.optional_text(0, "user_id");
}

db::Param bytes(const crypto::Digest& hash) {
  return std::span<const std::byte>(hash);
}

}  // namespace

std::optional<std::string> insert_one_time_token(db::Transaction& transaction,
                                                 std::string_view tenant_id,
                                                 std::string_view email_key, Purpose purpose,
                                                 const crypto::Digest& hash, Time now,
                                                 Time expires_at) {
  return user_id_of(transaction.run(
      insert_token, {tenant_id, email_key, purpose_name(purpose), bytes(hash), now, expires_at}));
}

std::optional<TenantPolicy> find_policy_for_token(db::Connection& connection,
                                                  std::string_view tenant_id, Purpose purpose,
                                                  const crypto::Digest& hash, Time now) {
  const db::Result rows = connection.read(db::Scope::tenant(tenant_id), select_policy,
                                          {tenant_id, purpose_name(purpose), bytes(hash), now});
  if (rows.empty()) return std::nullopt;
  return policy_of(rows);
}

std::optional<std::string> consume_one_time_token(db::Transaction& transaction,
                                                  std::string_view tenant_id, Purpose purpose,
                                                  const crypto::Digest& hash, Time now) {
  transaction.queue(lock_owner, {tenant_id, bytes(hash)});
  return user_id_of(
      transaction.run(use_token, {tenant_id, purpose_name(purpose), bytes(hash), now}));
}

void drop_one_time_tokens(db::Transaction& transaction, std::string_view tenant_id,
                          std::string_view user_id, std::optional<Purpose> purpose) {
  transaction.queue(
      delete_tokens,
      {tenant_id, user_id, purpose ? db::Param(purpose_name(*purpose)) : db::Param(std::nullopt)});
}

}  // namespace gatehouse::users::store
