#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "egress/request.h"

namespace gatehouse::webhooks {

/// Longer than this nobody is left alone, whatever `Retry-After` says.
inline constexpr std::chrono::hours longest_retry_after{1};

/// When a delivery is tried again.
class Schedule {
 public:
  /// `spans`: the setting `webhook_retries`.
  explicit Schedule(std::string_view spans);

  /// How long to wait after failure number `failures` (1, 2 ...), give or take a tenth: `jitter` is
  /// from -1 to 1. Nothing where that was one too many.
  std::optional<std::chrono::milliseconds> after(int failures, double jitter) const;

 private:
  std::vector<std::chrono::milliseconds> spans_;
};

/// What an attempt means to its delivery and to the endpoint.
struct Verdict {
  enum class State {
    delivered,
    again,        ///< in its turn, without having used up an attempt
    later,        ///< after `wait`
    dead_letter,  ///< it has failed too often
  };
  State state = State::again;
  std::chrono::milliseconds wait{0};
  int failures = 0;                   ///< of this delivery, with this one if it counts
  std::chrono::milliseconds hush{0};  ///< for so long the endpoint wants to hear nothing
  bool gone = false;                  ///< the endpoint is not there any more: disable it
  /// False where this side is to blame: says nothing about the endpoint.
  bool receivers = true;
};

/// An attempt's circumstances.
struct Attempt {
  int failures = 0;    ///< of this delivery so far
  bool probe = false;  ///< of a parked endpoint: costs the delivery nothing
  double jitter = 0;   ///< random, from -1 to 1
  Time now;
};

/// 2xx is success and everything else a failure, redirects and late answers too. 410 is for good.
/// `Retry-After` (RFC 9110 §10.2.3) makes the delivery wait for longer, within bounds; with 429 and
/// 503 the endpoint as a whole.
Verdict judge(const egress::Outcome& outcome, const Attempt& attempt, const Schedule& schedule);

}  // namespace gatehouse::webhooks
