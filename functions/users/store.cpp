#include "users/store.h"

#include "users/errors.h"
#include "users/store_rows.h"

namespace gatehouse::users::store {
namespace {

#define USER_COLUMNS                                                               \
  "u.id, u.tenant_id, u.email, u.profile, u.roles, u.status, u.email_verified_at," \
  " u.created_at, u.updated_at"

constexpr db::Statement select_vacancy{
    "users_vacancy", "SELECT " POLICY_COLUMNS
                     ", EXISTS (SELECT FROM users u WHERE u.tenant_id = $1 AND u.email_key = $2)"
                     " AS email_taken FROM tenants t WHERE t.id = $1"};

constexpr db::Statement select_account{"users_account",
                                       "SELECT " USER_COLUMNS ", u.password_hash, " POLICY_COLUMNS
                                       "  FROM users u JOIN tenants t ON t.id = u.tenant_id"
                                       " WHERE u.tenant_id = $1 AND u.email_key = $2"};

constexpr db::Statement select_own_account{
    "users_own_account", "SELECT " USER_COLUMNS ", u.password_hash, " POLICY_COLUMNS
                         "  FROM users u JOIN tenants t ON t.id = u.tenant_id"
                         " WHERE u.tenant_id = $1 AND u.id = $2"};

constexpr db::Statement insert_user{
    "users_insert",
    "INSERT INTO users AS u (id, tenant_id, email, email_key, password_hash, profile, roles,"
    "                        created_at, updated_at)"
    " VALUES ($1, $2, $3, $4, $5, $6::json, $7::text[], $8, $8)"
    " ON CONFLICT ON CONSTRAINT users_email_unique DO NOTHING RETURNING " USER_COLUMNS};

constexpr db::Statement select_user{
    "users_find", "SELECT " USER_COLUMNS " FROM users u WHERE u.tenant_id = $1 AND u.id = $2"};

constexpr db::Statement select_users{"users_list",
                                     "SELECT " USER_COLUMNS
                                     " FROM users u WHERE u.tenant_id = $1 AND u.id > $2"
                                     " ORDER BY u.id LIMIT $3::int"};

// A tenant without users is one row of NULLs, no tenant is no row.
constexpr db::Statement select_users_of_tenant{
    "users_list_of_tenant",
    "SELECT u.* FROM tenants t"
    "  LEFT JOIN LATERAL (SELECT " USER_COLUMNS
    "                       FROM users u WHERE u.tenant_id = $1 AND u.id > $2"
    "                      ORDER BY u.id LIMIT $3::int) u ON true"
    " WHERE t.id = $1 ORDER BY u.id"};

constexpr db::Statement select_all_users{"users_list_all",
                                         "SELECT " USER_COLUMNS
                                         " FROM users u WHERE u.id > $1 ORDER BY u.id"
                                         " LIMIT $2::int"};

constexpr db::Statement update_user{
    "users_update",
    "UPDATE users AS u SET email = coalesce($3, u.email),"
    "       email_verified_at = CASE WHEN $4::text IS NULL OR $4 = u.email_key"
    "                                THEN u.email_verified_at END,"
    "       email_key = coalesce($4, u.email_key), profile = coalesce($5::json, u.profile),"
    "       roles = coalesce($6::text[], u.roles), updated_at = $7"
    " WHERE u.tenant_id = $1 AND u.id = $2 RETURNING " USER_COLUMNS};

constexpr db::Statement update_user_status{
    "users_update_status",
    "UPDATE users AS u SET status = $3, updated_at = $4"
    " WHERE u.tenant_id = $1 AND u.id = $2 RETURNING " USER_COLUMNS};

#undef USER_COLUMNS

constexpr db::Statement update_known_password{
    "users_replace_password",
    "UPDATE users SET password_hash = $4, updated_at = $5"
    " WHERE tenant_id = $1 AND id = $2 AND password_hash = $3"};

constexpr db::Statement update_hash{"users_renew_password",
                                    "UPDATE users SET password_hash = $4"
                                    " WHERE tenant_id = $1 AND id = $2 AND password_hash = $3"};

constexpr db::Statement update_password{"users_set_password",
                                        "UPDATE users SET password_hash = $3, updated_at = $4"
                                        " WHERE tenant_id = $1 AND id = $2"};

constexpr db::Statement update_email_verified{
    "users_set_email_verified",
    "UPDATE users SET email_verified_at = $3, updated_at = $3 WHERE tenant_id = $1 AND id = $2"};

constexpr db::Statement delete_user{"users_delete",
                                    "DELETE FROM users WHERE tenant_id = $1 AND id = $2"};

User user_of(const db::Result& rows, int row) {
  return {.id = std::string(rows.text(row, "id")),
          .tenant_id = std::string(rows.text(row, "tenant_id")),
          .email = std::string(rows.text(row, "email")),
          .profile = std::string(rows.text(row, "profile")),
          .roles = rows.texts(row, "roles"),
          .status = std::string(rows.text(row, "status")),
          .email_verified_at = rows.optional_time(row, "email_verified_at"),
          .created_at = rows.time(row, "created_at"),
          .updated_at = rows.time(row, "updated_at")};
}

std::optional<User> single(const db::Result& rows) {
  return rows.empty() ? std::nullopt : std::optional(user_of(rows, 0));
}

std::vector<User> all(const db::Result& rows) {
  std::vector<User> users;
  users.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) users.push_back(user_of(rows, row));
  return users;
}

std::optional<Account> account_of(const db::Result& rows) {
  if (rows.empty()) return std::nullopt;
  return Account{.user = user_of(rows, 0),
                 .password_hash = std::string(rows.text(0, "password_hash")),
                 .policy = policy_of(rows)};
}

}  // namespace

std::optional<Vacancy> find_vacancy(db::Connection& connection, std::string_view tenant_id,
                                    std::string_view email_key) {
  const db::Result rows =
      connection.read(db::Scope::tenant(tenant_id), select_vacancy, {tenant_id, email_key});
  if (rows.empty()) return std::nullopt;
  return Vacancy{.policy = policy_of(rows), .email_taken = rows.boolean(0, "email_taken")};
}

std::optional<Account> find_account(db::Connection& connection, std::string_view tenant_id,
                                    std::string_view email_key) {
  return account_of(
      connection.read(db::Scope::tenant(tenant_id), select_account, {tenant_id, email_key}));
}

std::optional<Account> find_own_account(db::Connection& connection, const db::Scope& scope) {
  return account_of(
      connection.read(scope, select_own_account, {scope.tenant_id(), scope.user_id()}));
}

std::optional<User> insert(db::Transaction& transaction, const User& user,
                           std::string_view password_hash) {
  return single(transaction.run(
      insert_user, {user.id, user.tenant_id, user.email, email_key(user.email), password_hash,
                    user.profile, db::array_literal(user.roles), user.created_at}));
}

std::optional<User> find(db::Connection& connection, const db::Scope& scope,
                         std::string_view tenant_id, std::string_view id) {
  return single(connection.read(scope, select_user, {tenant_id, id}));
}

std::vector<User> list(db::Connection& connection, std::string_view tenant_id,
                       std::string_view after, int limit) {
  return all(
      connection.read(db::Scope::tenant(tenant_id), select_users, {tenant_id, after, limit}));
}

std::optional<std::vector<User>> list_of_tenant(db::Connection& connection,
                                                std::string_view tenant_id, std::string_view after,
                                                int limit) {
  const db::Result rows = connection.read(db::Scope::tenant(tenant_id), select_users_of_tenant,
                                          {tenant_id, after, limit});
  if (rows.empty()) return std::nullopt;
  if (rows.is_null(0, "id")) return std::vector<User>();
  return all(rows);
}

std::vector<User> list_all(db::Connection& connection, std::string_view after, int limit) {
  return all(connection.read(db::Scope::platform(), select_all_users, {after, limit}));
}

std::optional<User> update(db::Transaction& transaction, std::string_view tenant_id,
                           std::string_view id, const UserChange& change, Time now) {
  const auto key = change.email ? std::optional(email_key(*change.email)) : std::nullopt;
  const auto roles = change.roles ? std::optional(db::array_literal(*change.roles)) : std::nullopt;
  try {
    return single(transaction.run(update_user,
                                  {tenant_id, id, change.email, key, change.profile, roles, now}));
  } catch (const db::StatementError& error) {
    if (error.constraint() != "users_email_unique") throw;
    throw Failure(errors::email_already_registered);
  }
}

std::optional<User> update_status(db::Transaction& transaction, std::string_view tenant_id,
                                  std::string_view id, std::string_view status, Time now) {
  return single(transaction.run(update_user_status, {tenant_id, id, status, now}));
}

bool replace_password(db::Transaction& transaction, std::string_view tenant_id, std::string_view id,
                      std::string_view replaced, std::string_view hash, Time now) {
  return transaction.run(update_known_password, {tenant_id, id, replaced, hash, now}).affected() >
         0;
}

bool renew_password(db::Connection& connection, std::string_view tenant_id, std::string_view id,
                    std::string_view replaced, std::string_view hash) {
  return connection
             .write(db::Scope::tenant(tenant_id), update_hash, {tenant_id, id, replaced, hash})
             .affected() > 0;
}

void set_password(db::Transaction& transaction, std::string_view tenant_id, std::string_view id,
                  std::string_view hash, Time now) {
  transaction.queue(update_password, {tenant_id, id, hash, now});
}

void set_email_verified(db::Transaction& transaction, std::string_view tenant_id,
                        std::string_view id, Time now) {
  transaction.queue(update_email_verified, {tenant_id, id, now});
}

bool remove(db::Transaction& transaction, std::string_view tenant_id, std::string_view id) {
  return transaction.run(delete_user, {tenant_id, id}).affected() > 0;
}

}  // namespace gatehouse::users::store
