#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::services {

/// One call that a service made to this system.
struct LogEntry {
  std::int64_t id;
  std::string endpoint, method;
  int status;
  std::chrono::milliseconds took;
  std::string ip_address, user_agent;
  Time at;
};

/// A place in a service's log: ids alone are not in the order of time.
struct LogPosition {
  Time at;
  std::int64_t id;
};

/// `<microseconds since 1970>-<id>`, for callers to hand back as it is.
std::string cursor_text(const LogPosition& position);
/// Throws Failure 400 `cursor_invalid`.
LogPosition parse_cursor(std::string_view text);

/// Where to read in a log, newest first: older than `before`, leaving out the first `offset`.
struct LogPage {
  int limit = 100;
  std::int64_t offset = 0;
  std::optional<LogPosition> before;
};

/// Throws Failure 404 `client_not_found`.
std::vector<LogEntry> service_log(db::Connection& connection, std::string_view client_id,
                                  const LogPage& page);

struct Statistics {
  Time since{};
  std::int64_t requests = 0;
  std::int64_t errors = 0;           ///< answered with 400 or above
  double average_response_time = 0;  ///< milliseconds; 0 without requests
  double success_rate() const;       ///< percent, two decimals; 100 without requests
};

/// `<n>m`, `<n>h` or `<n>d`: 1 minute to 30 days. Throws Failure 400 `since_invalid`.
std::chrono::minutes parse_span(std::string_view text);

/// Of the calls since `now - span`. Throws Failure 404 `client_not_found`.
Statistics service_statistics(db::Connection& connection, std::string_view client_id,
                              std::chrono::minutes span, Time now);

}  // namespace gatehouse::services
