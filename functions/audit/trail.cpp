#include "audit/trail.h"

#include <charconv>

#include "audit/errors.h"
#include "audit/store.h"
#include "core/ids.h"

namespace gatehouse::trail {

std::string cursor_text(const Position& position) {
  return std::to_string(position.at.time_since_epoch().count()) + '-' + position.id;
}

Position parse_cursor(std::string_view text) {
  // PostgreSQL knows times up to here; a larger number is none of ours.
  constexpr std::int64_t latest = 9'000'000'000'000'000;
  std::int64_t at = 0;
  const auto [rest, error] = std::from_chars(text.begin(), text.end(), at);
  text.remove_prefix(static_cast<std::size_t>(rest - text.begin()));
  if (error != std::errc() || at < 0 || at > latest || !text.starts_with('-') ||
      !is_id("aud_", text.substr(1))) {
    throw Failure(errors::cursor_invalid);
  }
  return {Time(std::chrono::microseconds(at)), std::string(text.substr(1))};
}

std::optional<std::string> readable_tenant(const auth::Principal& caller,
                                           const std::optional<std::string>& asked) {
  if (caller.tenant_id.empty()) return asked;
  if (asked && *asked != caller.tenant_id) throw Failure(errors::tenant_not_found);
  return caller.tenant_id;
}

std::vector<Entry> read_trail(db::Connection& connection, const Filter& filter, int limit) {
  return store::read(connection, filter, limit);
}

}  // namespace gatehouse::trail
