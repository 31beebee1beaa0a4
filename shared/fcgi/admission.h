#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

namespace gatehouse::fcgi {

/// Tells whether a request that has waited for a thread is still to be served. A queue that a burst
/// has made is worked off; one that stands is cut: when within the time of 16 requests (50 ms to
/// 5 s) 16 or more came and even the least wait was longer than eight take, whoever has waited for
/// longer than 16 is refused, so that those who are admitted are served soon and the others
/// learn it soon. Where fewer come there is no queue, whatever held them up. All are admitted until
/// it is known what one takes. After Nichols and Jacobson, "Controlling Queue Delay" (ACM Queue 10,
/// 2012). Thread-safe.
class Admission {
 public:
  using Clock = std::chrono::steady_clock;
  using Span = std::chrono::nanoseconds;

  /// A request that has waited for `waited` is about to be served: true if it shall be.
  bool admit(Span waited, Clock::time_point now);

  /// One has been served, in `took`. Waits are judged by the mean of these: a machine or database
  /// that is slower makes everybody wait longer, which is no reason to serve fewer.
  void served(Span took);

 private:
  std::mutex mutex_;
  Span mean_{0};
  Span least_wait_ = Span::max();  ///< in the current window
  int seen_ = 0;                   ///< in the current window
  Clock::time_point window_ends_{};
  bool standing_ = false;  ///< the last window's least wait was too long
};

/// Counts what is refused, so that a flood is a line a second in the log. Thread-safe.
class Refusals {
 public:
  /// One more. Returns how many there were since the last report if one is due, else 0.
  std::int64_t count(Admission::Clock::time_point now);

 private:
  std::mutex mutex_;
  Admission::Clock::time_point next_report_{};
  std::int64_t refused_ = 0;
};

}  // namespace gatehouse::fcgi
