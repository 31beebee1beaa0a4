#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/connection.h"
#include "users/passwords.h"
#include "users/user.h"

/// The SQL of this function: users. Sessions and one-time tokens have files of their own beside it.
/// Transactions must have the scope of the tenant that is named.
namespace gatehouse::users::store {

/// What registration asks before it hashes.
struct Vacancy {
  TenantPolicy policy;
  bool email_taken = false;
};
/// None where there is no such tenant.
std::optional<Vacancy> find_vacancy(db::Connection& connection, std::string_view tenant_id,
                                    std::string_view email_key);

/// A user with what is needed to check its password.
struct Account {
  User user;
  std::string password_hash;
  TenantPolicy policy;
};
std::optional<Account> find_account(db::Connection& connection, std::string_view tenant_id,
                                    std::string_view email_key);
/// Of the session's user. `scope` must be of a session.
std::optional<Account> find_own_account(db::Connection& connection, const db::Scope& scope);

/// As it was stored; none where the tenant has a user of this address already.
std::optional<User> insert(db::Transaction& transaction, const User& user,
                           std::string_view password_hash);

std::optional<User> find(db::Connection& connection, const db::Scope& scope,
                         std::string_view tenant_id, std::string_view id);

/// By id, those after `after`. list_of_tenant() gives none where there is no such tenant.
std::vector<User> list(db::Connection& connection, std::string_view tenant_id,
                       std::string_view after, int limit);
std::optional<std::vector<User>> list_of_tenant(db::Connection& connection,
                                                std::string_view tenant_id, std::string_view after,
                                                int limit);
std::vector<User> list_all(db::Connection& connection, std::string_view after, int limit);

/// A new address is not verified. Throws Failure 409 where another user of the tenant has it.
std::optional<User> update(db::Transaction& transaction, std::string_view tenant_id,
                           std::string_view id, const UserChange& change, Time now);
std::optional<User> update_status(db::Transaction& transaction, std::string_view tenant_id,
                                  std::string_view id, std::string_view status, Time now);
/// False where the stored hash is no longer `replaced`.
bool replace_password(db::Transaction& transaction, std::string_view tenant_id, std::string_view id,
                      std::string_view replaced, std::string_view hash, Time now);
/// The same for a new hash of the same password, in a transaction of its own.
bool renew_password(db::Connection& connection, std::string_view tenant_id, std::string_view id,
                    std::string_view replaced, std::string_view hash);
void set_password(db::Transaction& transaction, std::string_view tenant_id, std::string_view id,
                  std::string_view hash, Time now);
void set_email_verified(db::Transaction& transaction, std::string_view tenant_id,
                        std::string_view id, Time now);
/// With all that hangs on it. False where there is none.
bool remove(db::Transaction& transaction, std::string_view tenant_id, std::string_view id);

}  // namespace gatehouse::users::store
