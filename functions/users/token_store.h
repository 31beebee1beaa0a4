#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/hash.h"
#include "db/connection.h"
#include "users/one_time_tokens.h"
#include "users/passwords.h"

/// The SQL of one-time tokens. Transactions must have the scope of the tenant that is named.
namespace gatehouse::users::store {

/// For the user of that address, whose id it returns; none where there is none.
std::optional<std::string> insert_one_time_token(db::Transaction& transaction,
                                                 std::string_view tenant_id,
                                                 std::string_view email_key, Purpose purpose,
                                                 const crypto::Digest& hash, Time now,
                                                 Time expires_at);

/// The policy of the tenant, where the token could be consumed now.
std::optional<TenantPolicy> find_policy_for_token(db::Connection& connection,
                                                  std::string_view tenant_id, Purpose purpose,
                                                  const crypto::Digest& hash, Time now);

/// Uses the token up and returns its user's id; none where it is unknown, expired or used. Of any
/// number of simultaneous calls one succeeds. Holds the user's row until the transaction ends.
std::optional<std::string> consume_one_time_token(db::Transaction& transaction,
                                                  std::string_view tenant_id, Purpose purpose,
                                                  const crypto::Digest& hash, Time now);

/// Queues the removal of what could still be consumed for the user: of one purpose, or all of it.
void drop_one_time_tokens(db::Transaction& transaction, std::string_view tenant_id,
                          std::string_view user_id, std::optional<Purpose> purpose);

}  // namespace gatehouse::users::store
