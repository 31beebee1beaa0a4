#pragma once

#include <chrono>
#include <string_view>

#include "core/time.h"
#include "db/connection.h"
#include "limits/policies.h"

namespace gatehouse::limits {

struct QuotaUse {
  bool admitted = false;
  std::int64_t used = 0;  ///< in this hour or day, this one included if admitted
  std::int64_t most = 0;
  std::chrono::seconds retry_after{0};  ///< until the next hour or day (UTC) begins; at least 1
  Time starts_anew{};                   ///< when it begins
  int announced = 0;  ///< the highest level that announce_quota() was given for it
};

/// Takes `amount` out of `owner`'s quota (a tenant or client id) for the current hour or day, in
/// the request's own transaction: work that is rolled back has used nothing. Exact across
/// processes and hosts: PostgreSQL counts, by its own clock, and transactions that take from the
/// same quota wait for each other. Take it as the transaction's last statement but the audit row,
/// or they wait longer than they must. One round trip; throws what Transaction::run() does.
QuotaUse take_quota(db::Transaction& transaction, const QuotaPolicy& quota, std::string_view owner,
                    std::int64_t amount = 1);

/// The same in a transaction of its own, and in one round trip. Throws what Connection::write()
/// does.
QuotaUse take_quota(db::Connection& connection, const QuotaPolicy& quota, std::string_view owner,
                    std::int64_t amount = 1);

/// For what is to be told once per hour or day: true for one caller for each `level` (1, 2 ...) of
/// the window that `use` speaks of, and for none once a higher one was told; if its transaction is
/// rolled back, for another. One round trip.
bool announce_quota(db::Transaction& transaction, const QuotaPolicy& quota, std::string_view owner,
                    const QuotaUse& use, int level);

}  // namespace gatehouse::limits
