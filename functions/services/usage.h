#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "http/call.h"

namespace gatehouse::services {

/// Something of a client's that can be used: a secret (by id) or a grant.
struct Used {
  std::string name;
  Time since{};                    ///< created or granted
  std::optional<Time> expires_at;  ///< of a secret
  std::optional<Time> last_used_at;
};

/// When a client and what it has were last used, to the minute; absent: never. A grant is used
/// where a token that was issued holds a scope that it covers.
struct UsageReport {
  std::optional<Time> last_used_at;
  std::vector<Used> secrets;  ///< those that have not expired, the oldest first
  std::vector<Used> scopes;   ///< in alphabetical order
};

/// The handler; callers are administrators. `unused_scopes` names the grants that were not used in
/// the last `days` days.
http::Response show_usage(http::Call& call);

}  // namespace gatehouse::services
