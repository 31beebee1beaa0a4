#pragma once

#include <chrono>
#include <cstdint>

#include "limits/policies.h"
#include "limits/table.h"

namespace gatehouse::limits {

/// The monotonic clock: a step of the system's clock must not refuse everybody for an hour.
using Instant = std::chrono::steady_clock::time_point;

struct Decision {
  bool admitted = true;
  std::int64_t remaining = 0;           ///< requests that would be admitted at once after this one
  std::chrono::seconds retry_after{0};  ///< of a refused one: when one is admitted; at least 1
  std::chrono::seconds reset{0};        ///< until the whole burst is there again, rounded up
};

/// Rates by the generic cell rate algorithm (ITU-T I.371): for each key one point in time, at which
/// its debt would be paid, and no timer. A request costs window/count of time; it is admitted
/// unless the debt would be more than `burst` of those. What is refused costs nothing, so a caller
/// that only waits as long as it is told gets through, however hard it knocked before.
///
/// In this process alone, bounded (see Table), thread-safe, 0.1 us.
class Limiter {
 public:
  explicit Limiter(std::size_t entries) : debts_(entries) {}

  /// Asks for one request and takes it if it is admitted.
  Decision take(std::uint64_t key, const Rate& rate, Instant now);
  /// Whether take() would admit one; takes nothing.
  Decision peek(std::uint64_t key, const Rate& rate, Instant now);

 private:
  struct Debt {
    std::int64_t paid_at = 0;  ///< nanoseconds of the monotonic clock
    std::int64_t worth() const { return paid_at; }
  };
  static Decision decide(std::int64_t& paid_at, const Rate& rate, Instant now);

  Table<Debt> debts_;
};

}  // namespace gatehouse::limits
