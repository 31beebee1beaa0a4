#pragma once

#include <string_view>

#include "gate/policy.h"
#include "http/call.h"
#include "json/value.h"

namespace gatehouse::services {

/// Handlers of the routes under /v1/internal/routes, which manage the policies of the gate: who may
/// pass where nginx asks first (nginx/gatehouse/). A change acts within a second.

http::Response list_gate_routes(http::Call& call);
http::Response show_gate_route(http::Call& call);
/// Takes the place of the policy as a whole: what the body leaves out is as in a new one.
http::Response put_gate_route(http::Call& call);
http::Response remove_gate_route(http::Call& call);

/// What such a body says, completed. Throws Failure 400.
gate::Policy read_gate_policy(std::string_view name, const json::Value& body);

}  // namespace gatehouse::services
