#pragma once

#include <string_view>

#include "http/call.h"
#include "limits/policies.h"

namespace gatehouse::http {

/// Takes one off what the caller's tenant (a platform service: the service itself) may do under
/// this quota in the current hour or day; exact across processes and hosts. Where the route writes
/// an audit row it is part of that change: what is rolled back has used nothing. Elsewhere it is a
/// transaction of its own, before the work.
///
/// Throws Failure 429 `quota_exceeded` with Retry-After, RateLimit and RateLimit-Policy; under a
/// dry run that is logged instead. A quota that the policy file does not name has no bound.
void take_quota(Call& call, const limits::Policies& policies, std::string_view name);

}  // namespace gatehouse::http
