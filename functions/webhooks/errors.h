#pragma once

#include "core/error.h"

namespace gatehouse::webhooks::errors {

inline constexpr ErrorKind endpoint_not_found{
    404, "endpoint_not_found", "endpoint not found",
    "Check the id (whk_...); GET /v1/webhooks lists the tenant's endpoints."};
inline constexpr ErrorKind too_many_endpoints{
    422, "too_many_endpoints", "the tenant has as many endpoints as it may have",
    "Call DELETE /v1/webhooks/:id for those that nobody needs, or PATCH one of them."};
inline constexpr ErrorKind endpoint_disabled{
    422, "endpoint_disabled", "the endpoint is disabled",
    "Call POST /v1/webhooks/:id/enable first, once whoever listens there is ready."};
inline constexpr ErrorKind event_types_invalid{
    400, "event_types_invalid",
    "\"event_types\" must be a list of 1 to 100 names of event types, prefixes with .* or \"*\"",
    "Send for example [\"user.created\", \"session.*\"] or [\"*\"]; GET /v1/event-types lists the "
    "names."};
inline constexpr ErrorKind nothing_to_change{
    400, "nothing_to_change", "the request names nothing to change",
    "Send at least one of url, description, event_types, ordered, max_concurrency, "
    "rate_per_second."};

}  // namespace gatehouse::webhooks::errors
