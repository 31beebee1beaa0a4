#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "core/settings.h"
#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::services {

/// Rows that are deleted some time after they were over.
struct Expiring {
  std::string_view kind;                 ///< of the SQL function cleanup()
  std::chrono::seconds Settings::*kept;  ///< for so long after; nullptr: the row itself says it
  int Settings::*days = nullptr;         ///< for so many days after, with a journal's rows
};
inline constexpr std::array expiring = {
    Expiring{"sessions", &Settings::session_retention},
    Expiring{"one_time_tokens", &Settings::credential_retention},
    Expiring{"tenant_keys", &Settings::credential_retention},
    Expiring{"service_secrets", &Settings::credential_retention},
    Expiring{"signing_keys", &Settings::credential_retention},
    Expiring{"revoked_tokens", nullptr},
    Expiring{"kept_answers", nullptr},  // to requests with an Idempotency-Key
    Expiring{"used_once", nullptr},     // ids of client assertions and DPoP proofs
    Expiring{"quotas", &Settings::quota_retention},
    Expiring{"event_queue", nullptr, &Settings::event_days},  // that nobody has delivered
    Expiring{"audit_seals", nullptr},                         // of days that audit_days has let go
};

/// How much of a clean-up may be done at once: what a request waits for is bounded.
struct CleanupBounds {
  int batches;
  std::chrono::milliseconds span;
};

/// What was deleted and made.
struct Cleanup {
  std::map<std::string_view, std::int64_t> deleted;  ///< rows by kind; all kinds are there
  std::int64_t partitions_made = 0, partitions_dropped = 0;
  std::int64_t secrets_told = 0;  ///< client secrets whose end was announced
  int batches = 0;
  std::chrono::milliseconds took{};
  /// Nothing is left but rows that others are at just now; false where a bound ended it, or where a
  /// journal was in use whenever a partition was to be dropped.
  bool complete = false;
};

/// Makes the journals' partitions of today and the next 7 days, deletes what has expired, in
/// batches of 1000 of a kind, each a transaction of its own, and drops partitions that are older
/// than the settings say, one by one; and tells of client secrets that end soon. Without bounds it
/// goes on until nothing is left, and tries for some seconds to find a journal unused. It waits for
/// nobody's rows, and nobody waits for it longer than for one batch. Any number at once are safe,
/// and so is killing one: the next goes on. Throws what Connection::write throws; what was deleted
/// until then stays deleted.
Cleanup clean_up(db::Connection& connection, const Settings& settings, const Clock& clock,
                 std::optional<CleanupBounds> bounds = {});

}  // namespace gatehouse::services
