#pragma once

#include <chrono>
#include <string_view>

#include "auth/principal.h"
#include "http/message.h"
#include "http/route.h"

namespace gatehouse::http {

/// What becomes known of a request on its way, for whoever tells of it once it is answered.
struct Known {
  const Route* route = nullptr;  ///< null: none matched
  auth::Principal caller;        ///< as authenticated, by the pipeline or by its secret
};

/// Which requests have a line in the log.
enum class RequestLog { off, errors, all };
RequestLog parse_request_log(std::string_view setting);

/// One line: `{"time", "level", "function", "event": "request", "trace_id", "request_id", "method",
/// "route", "caller_kind", "caller", "tenant", "status", "code", "duration_us", "database_us",
/// "body_bytes"}`. `route` is the pattern of the route table, never the path, and null where none
/// matched; `caller_kind` is the audit trail's `actor_kind`; `code` is the error's, null for none.
/// Who was not let in (401, 403, 429) is a warning and has `remote_addr` besides, a fault of ours
/// (5xx) an error: both are written at once, the others in batches.
void log_request(RequestLog which, const Request& request, const Response& response,
                 const Known& known, std::chrono::microseconds database);

/// What was thrown, for the log; the answer says nothing of it. The request's own line tells the
/// rest.
void log_fault(std::string_view event, const Request& request, const Known& known,
               std::string_view what, std::string_view sqlstate = {},
               std::string_view constraint = {});

}  // namespace gatehouse::http
