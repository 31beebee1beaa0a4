#pragma once

#include <string>
#include <string_view>

namespace gatehouse {

/// What follows one request through all that works on it: 32 lower-case hex digits, not all zeros
/// (W3C Trace Context §3.2.2.3).
bool is_trace_id(std::string_view text);
std::string make_trace_id();

/// The trace id of a `traceparent` header (W3C Trace Context §3.2.2), a part of it; empty unless
/// the header is valid. A version from the future is read as far as version 00 goes; ff is none.
std::string_view trace_id_of(std::string_view traceparent);

}  // namespace gatehouse
