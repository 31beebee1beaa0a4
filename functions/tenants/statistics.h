#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::tenants {

/// How a tenant's users grow and what they do. Days are UTC.
struct Statistics {
  struct Day {
    std::string date;  ///< `2024-01-01`
    std::int64_t registrations, logins;
  };
  std::int64_t users = 0, disabled_users = 0, verified_users = 0;
  std::int64_t active_users = 0;  ///< who logged in since `since`
  std::int64_t open_sessions = 0;
  Time since{};
  std::vector<Day> days;  ///< oldest first, days without events included
};

/// Over the last `days` days, today included. Logins are counted from the sessions that are still
/// kept. Throws Failure 404 `tenant_not_found`.
Statistics tenant_statistics(db::Connection& connection, std::string_view tenant_id, int days,
                             Time now);

}  // namespace gatehouse::tenants
