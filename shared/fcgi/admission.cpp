#include "fcgi/admission.h"

#include <algorithm>
#include <utility>

namespace gatehouse::fcgi {
namespace {

using namespace std::chrono_literals;

constexpr auto window = 50ms;
/// Below the first nobody notices a wait; nobody waits for longer than the second, however slow the
/// others are: a database that hangs must not hold up what needs none.
constexpr Admission::Span least_bearable = 5ms, most_bearable = 500ms;

}  // namespace

bool Admission::admit(Span waited, Clock::time_point now) {
  std::lock_guard lock(mutex_);
  const Span bearable = std::clamp(8 * mean_, least_bearable, most_bearable);
  if (now >= window_ends_) {
    // Where a whole window passed without a request, nothing is known of it but that nobody waited.
    standing_ = now < window_ends_ + window && least_wait_ > bearable / 2;
    least_wait_ = Span::max();
    window_ends_ = now + window;
  }
  least_wait_ = std::min(least_wait_, waited);
  return !standing_ || waited <= bearable;
}

void Admission::served(Span took) {
  std::lock_guard lock(mutex_);
  mean_ += (took - mean_) / 64;
}

std::int64_t Refusals::count(Admission::Clock::time_point now) {
  std::lock_guard lock(mutex_);
  ++refused_;
  if (now < next_report_) return 0;
  next_report_ = now + 1s;
  return std::exchange(refused_, 0);
}

}  // namespace gatehouse::fcgi
