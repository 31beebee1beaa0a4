#include "limits/limiter.h"

namespace gatehouse::limits {
namespace {

std::chrono::seconds rounded_up(std::int64_t nanoseconds) {
  return std::chrono::ceil<std::chrono::seconds>(std::chrono::nanoseconds(nanoseconds));
}

}  // namespace

Decision Limiter::decide(std::int64_t& paid_at, const Rate& rate, Instant now) {
  const std::int64_t at =
      std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
  const std::int64_t cost = rate.cost().count();
  const std::int64_t most = cost * rate.burst;
  const std::int64_t before = std::max(paid_at - at, std::int64_t{0});
  const std::int64_t after = before + cost;
  if (after > most) {
    return {.admitted = false,
            .remaining = 0,
            .retry_after = std::max(rounded_up(after - most), std::chrono::seconds(1)),
            .reset = rounded_up(before)};
  }
  paid_at = at + after;
  return {.admitted = true,
          .remaining = (most - after) / cost,
          .retry_after = {},
          .reset = rounded_up(after)};
}

Decision Limiter::take(std::uint64_t key, const Rate& rate, Instant now) {
  return debts_.change(key, [&](Debt& debt) { return decide(debt.paid_at, rate, now); });
}

Decision Limiter::peek(std::uint64_t key, const Rate& rate, Instant now) {
  Debt copy = debts_.peek(key);
  return decide(copy.paid_at, rate, now);
}

}  // namespace gatehouse::limits
