#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

/// A point in time with PostgreSQL's own resolution (microseconds, UTC).
using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// Where a use case learns what time it is. Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Time now() const override;
};

/// Seconds since 1970, as JWT's NumericDate (RFC 7519 §2) and the journals want them.
std::int64_t unix_seconds(Time time);
Time from_unix_seconds(std::int64_t seconds);

/// `2024-01-01T00:00:00Z`: ISO 8601, UTC, whole seconds. The only form in which the API shows a
/// time.
std::string iso8601(Time time);

/// Such a time, with or without a fraction of up to six digits, or a date alone (`2024-01-01`, its
/// first moment); none for anything else. Years from 1970 on.
std::optional<Time> from_iso8601(std::string_view text);

/// A moment on the monotonic clock by which work has to be done. Passed down, never extended.
class Deadline {
 public:
  static Deadline in(std::chrono::milliseconds span);
  /// Never negative: what is left, in the unit poll(2) takes.
  std::chrono::milliseconds left() const;
  bool passed() const { return left().count() == 0; }

 private:
  explicit Deadline(std::chrono::steady_clock::time_point at) : at_(at) {}
  std::chrono::steady_clock::time_point at_;
};

}  // namespace gatehouse
