#include "core/time.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace gatehouse {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// 0001-01-01 and 9999-12-31T23:59:59: what four digits of a year can show. Also keeps the product
// with a million inside 64 bits, whatever a token's NumericDate claims.
constexpr std::int64_t first_second = -62'135'596'800;
constexpr std::int64_t last_second = 253'402'300'799;

}  // namespace

Time SystemClock::now() const {
  return std::chrono::floor<microseconds>(std::chrono::system_clock::now());
}

std::int64_t unix_seconds(Time time) {
  return std::chrono::floor<seconds>(time).time_since_epoch().count();
}

Time from_unix_seconds(std::int64_t value) {
  return Time(seconds(std::clamp(value, first_second, last_second)));
}

std::string iso8601(Time time) {
  const std::chrono::sys_seconds moment{
      seconds(std::clamp(unix_seconds(time), first_second, last_second))};
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(moment - day);
  std::array<char, 40> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

std::optional<Time> from_iso8601(std::string_view text) {
  bool good = true;
  const auto number = [&](std::size_t at, std::size_t digits) {
    unsigned value = 0;
    const std::string_view part = at < text.size() ? text.substr(at, digits) : "";
    const auto [end, error] = std::from_chars(part.begin(), part.end(), value);
    good &= part.size() == digits && error == std::errc() && end == part.end();
    return value;
  };
  const auto literal = [&](std::size_t at, char c) { good &= at < text.size() && text[at] == c; };
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(number(0, 4))),
                                         std::chrono::month(number(5, 2)),
                                         std::chrono::day(number(8, 2)));
  literal(4, '-');
  literal(7, '-');
  if (!good || !date.ok() || date.year() < std::chrono::year(1970)) return std::nullopt;
  const Time day{std::chrono::sys_days(date)};
  if (text.size() == 10) return day;

  const unsigned hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  literal(10, 'T');
  literal(13, ':');
  literal(16, ':');
  literal(text.size() - 1, 'Z');
  if (!good || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const Time moment =
      day + std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
  if (text.size() == 20) return moment;

  const std::size_t digits = text.size() - 21;
  literal(19, '.');
  if (!good || digits < 1 || digits > 6) return std::nullopt;
  unsigned fraction = number(20, digits);
  for (std::size_t place = digits; place < 6; ++place) fraction *= 10;
  return good ? std::optional(moment + microseconds(fraction)) : std::nullopt;
}

Deadline Deadline::in(milliseconds span) {
  return Deadline(std::chrono::steady_clock::now() + span);
}

milliseconds Deadline::left() const {
  // Rounded up: a poll(2) that is given 0 for the last half millisecond would spin.
  const auto span = std::chrono::ceil<milliseconds>(at_ - std::chrono::steady_clock::now());
  return std::max(span, milliseconds(0));
}

}  // namespace gatehouse
