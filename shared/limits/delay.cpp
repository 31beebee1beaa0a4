#include "limits/delay.h"

#include <algorithm>

namespace gatehouse::limits {
namespace {

using namespace std::chrono_literals;

/// Failures that nothing followed for so long count no more. After an hour it would pay to guess
/// nine times in a minute and wait for that, rather than to take the longest delay each time.
constexpr std::chrono::seconds failures_count_for = 24h;
/// An attempt lasts a second or two.
constexpr std::chrono::seconds attempt_lasts = 1min;
constexpr std::chrono::seconds success_counts_for = 7 * 24h;
/// Of a key that has succeeded: what a client with many connections may have under way.
constexpr std::int64_t most_under_way = 32;

}  // namespace

bool Delays::admits(const History& history) const {
  if (history.under_way == 0) return true;
  if (history.has_succeeded && history.failures <= policy_.free) {
    return history.under_way < std::max(most_under_way, policy_.free);
  }
  return history.failures + history.under_way <= policy_.free;
}

std::chrono::seconds Delays::wait_after(std::int32_t failures) const {
  const std::int64_t beyond = failures - policy_.free;
  if (beyond <= 0) return {};
  std::chrono::seconds wait = policy_.first;
  for (std::int64_t i = 1; i < beyond && wait < policy_.most; ++i) wait *= 2;
  return std::min(wait, policy_.most);
}

std::optional<std::chrono::seconds> Delays::begin(std::uint64_t key, Instant now) {
  return histories_.change(key, [&](History& history) -> std::optional<std::chrono::seconds> {
    if (history.forgotten_at <= now) history = {};
    if (history.next_at > now)
      return std::chrono::ceil<std::chrono::seconds>(history.next_at - now);
    if (!admits(history)) return 1s;
    ++history.under_way;
    history.forgotten_at = std::max(history.forgotten_at, now + attempt_lasts);
    return std::nullopt;
  });
}

void Delays::end(std::uint64_t key, Outcome outcome, Instant now) {
  histories_.change(key, [&](History& history) {
    history.under_way = std::max(history.under_way - 1, 0);
    if (outcome == Outcome::succeeded) {
      history.failures = 0;
      history.next_at = {};
      history.has_succeeded = true;
      history.forgotten_at = std::max(history.forgotten_at, now + success_counts_for);
    } else if (outcome == Outcome::failed) {
      // Far more than the longest delay takes; it must not overflow in a process that lives long.
      history.failures = std::min(history.failures + 1, 1'000'000'000);
      const Instant next = now + wait_after(history.failures);
      history.next_at = std::max(history.next_at, next);
      history.forgotten_at = std::max(history.forgotten_at, next + failures_count_for);
    }
  });
}

}  // namespace gatehouse::limits
