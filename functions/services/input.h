#pragma once

#include <string>

#include "http/input.h"
#include "services/service.h"

namespace gatehouse::services {

/// The body of grant-scope, revoke-scope and check-permission. Throws Failure 400.
struct ScopeRequest {
  std::string client_id, scope;
};
ScopeRequest read_scope_request(const json::Value& body);

/// The body of a registration. Throws Failure 400, and 422 for thresholds of what is no agent.
struct Registration {
  std::string name, description;
  std::optional<auth::Thresholds> agent;  ///< absent: it is none
  Authentication authentication;
};
Registration read_registration(const json::Value& body, const egress::Guard& guard);

/// The body of a change of a service's settings: a JSON Merge Patch (RFC 7396). `claim_names` is
/// the setting `custom_claims`. Throws Failure 400, and 422 for a claim that it does not name.
ServiceChange read_service_change(const json::Value& body, const egress::Guard& guard,
                                  std::string_view claim_names);

}  // namespace gatehouse::services
