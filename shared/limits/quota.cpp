#include "limits/quota.h"

namespace gatehouse::limits {
namespace {

constexpr db::Statement take{"limits_take_quota",
                             "SELECT admitted, used, seconds_left"
                             " FROM take_quota($1, $2, $3::bigint, $4::bigint, $5::int)"};

}  // namespace

QuotaUse take_quota(db::Transaction& transaction, const QuotaPolicy& quota, std::string_view owner,
                    std::int64_t amount) {
  const db::Result row =
      transaction.run(take, {owner, quota.name, amount, quota.most, quota.window.count()});
  return {.admitted = row.boolean(0, "admitted"),
          .used = row.integer(0, "used"),
          .most = quota.most,
          .retry_after = std::chrono::seconds(row.integer(0, "seconds_left"))};
}

}  // namespace gatehouse::limits
