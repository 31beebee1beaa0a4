#include "fcgi/admission.h"

#include <algorithm>
#include <utility>

namespace gatehouse::fcgi {
namespace {

using namespace std::chrono_literals;

constexpr Admission::Span least_window = 50ms, most_window = 5s;
constexpr int least_seen = 16;
/// Below the first nobody notices a wait; nobody waits for longer than the second, however slow the
/// others are: a database that hangs must not hold up what needs none.
constexpr Admission::Span least_bearable = 20ms, most_bearable = 1s;

}  // namespace

bool Admission::admit(Span waited, Clock::time_point now) {
  std::lock_guard lock(mutex_);
  if (mean_ == 0ns) return true;
  const Span bearable = std::clamp(16 * mean_, least_bearable, most_bearable);
  const Span window = std::clamp(16 * mean_, least_window, most_window);
  if (now >= window_ends_) {
    // Where a whole window passed without a request, nothing is known of it but that nobody waited.
    standing_ = now < window_ends_ + window && seen_ >= least_seen && least_wait_ > bearable / 2;
    least_wait_ = Span::max();
    seen_ = 0;
    window_ends_ = now + window;
  }
  least_wait_ = std::min(least_wait_, waited);
  ++seen_;
  return !standing_ || waited <= bearable;
}

void Admission::served(Span took) {
  std::lock_guard lock(mutex_);
  mean_ = mean_ == 0ns ? took : mean_ + (took - mean_) / 32;
}

std::int64_t Refusals::count(Admission::Clock::time_point now) {
  std::lock_guard lock(mutex_);
  ++refused_;
  if (now < next_report_) return 0;
  next_report_ = now + 1s;
  return std::exchange(refused_, 0);
}

}  // namespace gatehouse::fcgi
