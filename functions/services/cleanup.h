#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/settings.h"
#include "db/connection.h"

namespace gatehouse::services {

/// How much of a clean-up may be done at once: what a request waits for is bounded.
struct CleanupBounds {
  int batches;
  std::chrono::milliseconds span;
};

/// What was deleted and made.
struct Cleanup {
  std::int64_t sessions = 0, one_time_tokens = 0, tenant_keys = 0, service_secrets = 0,
               signing_keys = 0;
  std::int64_t kept_answers = 0;  ///< to requests with an Idempotency-Key
  std::int64_t partitions_made = 0, partitions_dropped = 0;
  int batches = 0;
  bool complete = false;  ///< false where a bound, or another clean-up that was at it, ended this
};

/// Deletes what has expired, in batches of 1000 of a kind, each a transaction of its own; makes the
/// journals' partitions of today and the next 7 days and drops those older than the settings say.
/// Without bounds it goes on until nothing is left. Two at once are safe: one of them deletes, the
/// other ends at once with `complete` = false. Throws what Connection::write throws; what was
/// deleted until then stays deleted.
Cleanup clean_up(db::Connection& connection, const Settings& settings,
                 std::optional<CleanupBounds> bounds = {});

}  // namespace gatehouse::services
