#pragma once

#include "core/error.h"
#include "http/message.h"

namespace gatehouse::http {

/// A failure as the API shows it: `{error, code, message, next_step, trace_id, request_id}`, and
/// under /oauth/ as RFC 6749 §5.2 wants it: `{error, error_description, ...}` with one of the RFC's
/// error codes.
Response problem(const Failure& failure, const Request& request);

}  // namespace gatehouse::http
