#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit/row.h"
#include "audit/seal.h"
#include "db/connection.h"

/// The SQL of sealing. Transactions must have the platform's scope.
namespace gatehouse::audit::store {

/// A seal as it is stored. What its JWS says is not checked here.
struct StoredSeal {
  std::int64_t seq;
  std::string tenant_id;
  std::string jws;
};

/// Nobody else seals until the transaction ends. False where somebody does.
bool lock(db::Transaction& transaction);

struct Horizon {
  std::int64_t xid;  ///< all transactions below have ended
  std::optional<StoredSeal> last;
};
Horizon horizon(db::Transaction& transaction);

/// Where a batch of about `rows` rows from `from` on ends; `horizon` where fewer are left.
std::int64_t batch_end(db::Transaction& transaction, std::int64_t from, std::int64_t horizon,
                       int rows);

/// The newest seal of each of these tenants that has one.
std::map<std::string, std::string> last_seals(db::Transaction& transaction,
                                              const std::vector<std::string>& tenants);

void insert(db::Transaction& transaction, const Seal& seal, const std::string& jws,
            const std::vector<std::string>& row_ids, const std::vector<crypto::Digest>& leaves,
            bool wait);

/// By seq, those after `after`.
std::vector<StoredSeal> seals_after(db::Connection& connection, std::int64_t after, int limit);
std::optional<StoredSeal> find(db::Connection& connection, std::int64_t seq);

/// Which rows a seal was made of.
struct Listed {
  std::vector<std::string> ids;
  std::vector<crypto::Digest> leaves;
};
Listed listed_rows(db::Connection& connection, std::int64_t seq);

/// Rows that no seal covers yet.
std::int64_t count_from(db::Connection& connection, std::int64_t xid,
                        const std::optional<std::string>& tenant_id);

/// The day of the oldest rows that may still be there, `2024-01-01`, as it sorts among Row::at;
/// empty where there is no partition.
std::string trail_begins(db::Connection& connection);

}  // namespace gatehouse::audit::store
