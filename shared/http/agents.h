#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/call.h"

namespace gatehouse::http {

/// What holds for agents at every route, beyond everybody's limits; for the pipeline, which asks
/// only where the caller is one. Everybody else pays nothing.

/// Throws Failure 403 `agent_killed` where the agent has been stopped.
void refuse_killed(const auth::Agent& agent);

/// Takes one off the calls of the agent's hour, exact across processes and hosts: one round trip.
/// At 80 % an event and an audit row say so, once per hour; beyond the threshold it throws Failure
/// 429 `agent_threshold_reached`, which an event and an audit row tell once per hour too. Throws
/// db::Unavailable: what cannot be counted is not done.
void count_agent_call(Call& call);

/// The same of writes, in the change's own transaction: what is rolled back was none. Refusing
/// rolls it back.
void count_agent_write(Call& call);

}  // namespace gatehouse::http
