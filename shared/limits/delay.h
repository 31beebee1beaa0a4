#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "limits/limiter.h"
#include "limits/policies.h"
#include "limits/table.h"

namespace gatehouse::limits {

/// How an attempt ended. What says nothing about the password (a database that does not answer) is
/// undecided and counts neither way.
enum class Outcome { succeeded, failed, undecided };

/// Exponential delay of guesses. A key is one (account, source): what a stranger does somewhere
/// else does not touch it, and nobody can tell from it whether the account exists. Attempts under
/// way count too, so that nobody guesses many times at once before the first guess is judged; a key
/// that has succeeded may have more of them under way.
///
/// In this process alone, bounded (see Table), thread-safe.
class Delays {
 public:
  Delays(const DelayPolicy& policy, std::size_t entries) : policy_(policy), histories_(entries) {}

  /// Begins an attempt, which end() has to follow. Where it has to wait it is not begun, and the
  /// answer is how long: at least a second.
  std::optional<std::chrono::seconds> begin(std::uint64_t key, Instant now);
  void end(std::uint64_t key, Outcome outcome, Instant now);

  const DelayPolicy& policy() const { return policy_; }

 private:
  struct History {
    Instant forgotten_at{}, next_at{};
    std::int32_t failures = 0;  ///< since the last success
    std::int32_t under_way = 0;
    bool has_succeeded = false;
    std::int64_t worth() const { return forgotten_at.time_since_epoch().count(); }
  };
  bool admits(const History& history) const;
  std::chrono::seconds wait_after(std::int32_t failures) const;

  const DelayPolicy policy_;
  Table<History> histories_;
};

}  // namespace gatehouse::limits
