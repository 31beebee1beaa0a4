#include "services/activity.h"

#include <charconv>
#include <cmath>

#include "services/errors.h"
#include "services/store.h"

namespace gatehouse::services {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::minutes longest_span = 30 * 24h;

/// The whole number that `text` begins with, taken off it; none where it begins with no digit.
std::optional<std::int64_t> take_number(std::string_view& text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  std::int64_t number = 0;
  const auto [rest, error] = std::from_chars(text.begin(), text.end(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.begin()));
  return number;
}

}  // namespace

std::string cursor_text(const LogPosition& position) {
  return std::to_string(position.at.time_since_epoch().count()) + '-' + std::to_string(position.id);
}

LogPosition parse_cursor(std::string_view text) {
  // PostgreSQL knows times up to here; a larger number is none of ours.
  constexpr std::int64_t latest = 9'000'000'000'000'000;
  const auto at = take_number(text);
  const bool dashed = text.starts_with('-');
  if (dashed) text.remove_prefix(1);
  const auto id = take_number(text);
  if (!at || *at > latest || !dashed || !id || !text.empty()) throw Failure(errors::cursor_invalid);
  return {Time(std::chrono::microseconds(*at)), *id};
}

std::vector<LogEntry> service_log(db::Connection& connection, std::string_view client_id,
                                  const LogPage& page) {
  auto entries = store::log(connection, client_id, page);
  if (!entries) throw Failure(errors::client_not_found);
  return *std::move(entries);
}

double Statistics::success_rate() const {
  if (requests == 0) return 100;
  const double share = static_cast<double>(requests - errors) / static_cast<double>(requests);
  return std::round(share * 10000) / 100;
}

std::chrono::minutes parse_span(std::string_view text) {
  const auto number = take_number(text);
  const std::chrono::minutes unit = text == "m"   ? 1min
                                    : text == "h" ? std::chrono::minutes(1h)
                                    : text == "d" ? std::chrono::minutes(24h)
                                                  : 0min;
  if (!number || unit == 0min || *number < 1 || *number > longest_span / unit) {
    throw Failure(errors::since_invalid);
  }
  return *number * unit;
}

Statistics service_statistics(db::Connection& connection, std::string_view client_id,
                              std::chrono::minutes span, Time now) {
  auto statistics = store::statistics(connection, client_id, now - span);
  if (!statistics) throw Failure(errors::client_not_found);
  return *statistics;
}

}  // namespace gatehouse::services
