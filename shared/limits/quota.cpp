#include "limits/quota.h"

namespace gatehouse::limits {
namespace {

constexpr db::Statement take{"limits_take_quota",
                             "SELECT admitted, used, seconds_left, starts_anew, announced"
                             " FROM take_quota($1, $2, $3::bigint, $4::bigint, $5::int)"};
constexpr db::Statement announce{
    "limits_announce_quota",
    "SELECT announce_quota($1, $2, $3::int, $4::timestamptz, $5::int) AS mine"};

QuotaUse use_of(const db::Result& row, const QuotaPolicy& quota) {
  return {.admitted = row.boolean(0, "admitted"),
          .used = row.integer(0, "used"),
          .most = quota.most,
          .retry_after = std::chrono::seconds(row.integer(0, "seconds_left")),
          .starts_anew = row.time(0, "starts_anew"),
          .announced = static_cast<int>(row.integer(0, "announced"))};
}

}  // namespace

QuotaUse take_quota(db::Transaction& transaction, const QuotaPolicy& quota, std::string_view owner,
                    std::int64_t amount) {
  return use_of(
      transaction.run(take, {owner, quota.name, amount, quota.most, quota.window.count()}), quota);
}

QuotaUse take_quota(db::Connection& connection, const QuotaPolicy& quota, std::string_view owner,
                    std::int64_t amount) {
  return use_of(connection.write(db::Scope::none(), take,
                                 {owner, quota.name, amount, quota.most, quota.window.count()}),
                quota);
}

bool announce_quota(db::Transaction& transaction, const QuotaPolicy& quota, std::string_view owner,
                    const QuotaUse& use, int level) {
  return transaction
      .run(announce, {owner, quota.name, quota.window.count(), use.starts_anew, level})
      .boolean(0, "mine");
}

}  // namespace gatehouse::limits
