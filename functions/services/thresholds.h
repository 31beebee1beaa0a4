#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "auth/agent.h"
#include "json/value.h"

namespace gatehouse::services {

/// What a request states of an agent's thresholds; what it does not name stays as it is.
struct ThresholdChange {
  std::optional<std::int64_t> calls_per_hour, writes_per_hour, rate_per_minute;
  std::map<std::string, std::optional<std::int64_t>> max_per_call;  ///< none: no such maximum

  /// Throws Failure 400 where that would be more maxima than an agent can have.
  auth::Thresholds applied_to(auth::Thresholds thresholds) const;
};

/// The member `thresholds` of a request: a JSON Merge Patch (RFC 7396) of what the agent has, where
/// null brings a number back to what an agent has that states none. Throws Failure 400.
ThresholdChange read_thresholds(const json::Value& object);

}  // namespace gatehouse::services
