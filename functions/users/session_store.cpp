#include "users/session_store.h"

namespace gatehouse::users::store {
namespace {

constexpr db::Statement insert_one{
    "users_insert_session",
    "INSERT INTO sessions (id, tenant_id, user_id, created_at, expires_at, ip_address, user_agent)"
    " SELECT $4, u.tenant_id, u.id, $5::timestamptz, $6::timestamptz, $7, $8 FROM users u"
    "  WHERE u.tenant_id = $1 AND u.id = $2 AND u.password_hash = $3 AND u.status = 'active'"
    "    FOR SHARE"};

// A user without sessions is one row of NULLs, no user is no row.
constexpr db::Statement select_sessions{
    "users_list_sessions",
    "SELECT s.* FROM users u"
    "  LEFT JOIN LATERAL (SELECT id, created_at, expires_at, ip_address, user_agent FROM sessions"
    "                      WHERE tenant_id = $1 AND user_id = $2 AND id > $3 AND ended_at IS NULL"
    "                        AND expires_at > $5 ORDER BY id LIMIT $4::int) s ON true"
    " WHERE u.tenant_id = $1 AND u.id = $2 ORDER BY s.id"};

constexpr db::Statement update_one{
    "users_end_session",
    "UPDATE sessions SET ended_at = $5::timestamptz, end_reason = $4"
    " WHERE id = $3 AND tenant_id = $1 AND user_id = $2 AND ended_at IS NULL AND expires_at > $5"};

constexpr db::Statement update_others{
    "users_end_sessions",
    "UPDATE sessions SET ended_at = $5::timestamptz, end_reason = $4"
    " WHERE tenant_id = $1 AND user_id = $2 AND id <> $3 AND ended_at IS NULL AND expires_at > $5"};

constexpr db::Statement update_all{
    "users_end_all_sessions",
    "WITH ended AS (UPDATE sessions SET ended_at = $4::timestamptz, end_reason = $3"
    "                WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL AND expires_at > $4"
    "               RETURNING 1)"
    " SELECT (SELECT count(*) FROM ended) AS ended FROM users WHERE tenant_id = $1 AND id = $2"};

}  // namespace

bool insert_session(db::Transaction& transaction, std::string_view tenant_id,
                    std::string_view user_id, std::string_view password_hash,
                    const Session& session) {
  return transaction
             .run(insert_one, {tenant_id, user_id, password_hash, session.id, session.created_at,
                               session.expires_at, session.remote_address, session.user_agent})
             .affected() > 0;
}

std::optional<std::vector<Session>> list_sessions(db::Connection& connection,
                                                  const db::Scope& scope,
                                                  std::string_view tenant_id,
                                                  std::string_view user_id, std::string_view after,
                                                  int limit, Time now) {
  const db::Result rows =
      connection.read(scope, select_sessions, {tenant_id, user_id, after, limit, now});
  if (rows.empty()) return std::nullopt;
  std::vector<Session> sessions;
  if (rows.is_null(0, "id")) return sessions;
  for (int row = 0; row < rows.rows(); ++row) {
    sessions.push_back({.id = std::string(rows.text(row, "id")),
                        .created_at = rows.time(row, "created_at"),
                        .expires_at = rows.time(row, "expires_at"),
                        .remote_address = std::string(rows.text(row, "ip_address")),
                        .user_agent = std::string(rows.text(row, "user_agent"))});
  }
  return sessions;
}

bool end_session(db::Transaction& transaction, std::string_view tenant_id, std::string_view user_id,
                 std::string_view id, std::string_view reason, Time now) {
  return transaction.run(update_one, {tenant_id, user_id, id, reason, now}).affected() > 0;
}

void end_sessions(db::Transaction& transaction, std::string_view tenant_id,
                  std::string_view user_id, std::string_view kept, std::string_view reason,
                  Time now) {
  transaction.queue(update_others, {tenant_id, user_id, kept, reason, now});
}

std::optional<int> end_sessions_of(db::Transaction& transaction, std::string_view tenant_id,
                                   std::string_view user_id, std::string_view reason, Time now) {
  const db::Result rows = transaction.run(update_all, {tenant_id, user_id, reason, now});
  if (rows.empty()) return std::nullopt;
  return static_cast<int>(rows.integer(0, "ended"));
}

}  // namespace gatehouse::users::store
