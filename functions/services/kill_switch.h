#pragma once

#include <string>

#include "http/call.h"
#include "http/route.h"
#include "json/value.h"

namespace gatehouse::services {

/// The body of a kill or a release: one of `client_id`, `tenant_id` and `all`, and `reason`. Throws
/// Failure 400.
struct KillRequest {
  std::string target;  ///< auth::Kill::target
  std::string reason;  ///< "" where a release states none
};
KillRequest read_kill_request(const json::Value& body, bool reason_required);

/// The handlers; callers are administrators.
http::Response kill(http::Call& call);
http::Response release(http::Call& call);
http::Response list_killed(http::Call& call);

}  // namespace gatehouse::services
