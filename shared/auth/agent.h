#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "json/write.h"

namespace gatehouse::auth {

/// What an agent may do before somebody has to look at it. An agent has all of them, stated or not.
struct Thresholds {
  std::int64_t calls_per_hour = 1000;  ///< requests of any kind, tokens included; at least 1
  std::int64_t writes_per_hour = 100;  ///< requests that changed something; 0: it only reads
  std::int64_t rate_per_minute = 60;   ///< as many at once after a pause; at least 1
  /// What a route may ask about, and how much of it one call may be: `rows`, say.
  std::map<std::string, std::int64_t, std::less<>> max_per_call{{"rows", 500}};
};

/// Bounds of what may be stated.
inline constexpr std::int64_t most_calls_per_hour = 1'000'000, most_rate_per_minute = 60'000,
                              most_per_call = 1'000'000'000;
inline constexpr std::size_t most_maxima = 16;
/// True for a name that `max_per_call` may have: at most 32 of a-z, 0-9 and _.
bool valid_maximum_name(std::string_view name);

/// A service that acts without a person looking on.
struct Agent {
  std::string tenant_id;  ///< that it is bound to; empty: none
  Thresholds thresholds;
  bool killed = false;  ///< it, its tenant's agents, or all agents have been stopped
};

/// What the SQL function agent_of() says; null for "" (no agent). Throws json::ParseError.
std::shared_ptr<const Agent> parse_agent(std::string_view text);

/// As one JSON object.
void write_thresholds(json::Writer& out, const Thresholds& thresholds);

/// The columns of `services` that make an agent; of a service that is none, all but `kind` are
/// NULL. As text, so that they are parameters while this lives.
struct AgentColumns {
  explicit AgentColumns(const Thresholds* thresholds);
  std::string_view kind = "service";
  std::optional<std::string> calls_per_hour, writes_per_hour, rate_per_minute, max_per_call;
};

}  // namespace gatehouse::auth
