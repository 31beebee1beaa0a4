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

inline constexpr ErrorKind endpoint_gone{
    422, "endpoint_gone", "the endpoint has been deleted",
    "Make another with POST /v1/webhooks; GET /v1/events has the event."};
inline constexpr ErrorKind event_gone{
    422, "event_gone", "the event is older than events are kept",
    "Call POST /v1/events to publish it anew, if whoever listens still needs it."};
inline constexpr ErrorKind delivery_not_found{
    404, "delivery_not_found", "delivery not found",
    "Check the id (dlv_...); GET /v1/deliveries lists those of the last days."};
inline constexpr ErrorKind delivery_pending{
    422, "delivery_pending", "the delivery is still under way",
    "Wait for its attempts: GET /v1/deliveries/:id says when the next one is due."};
inline constexpr ErrorKind state_invalid{
    400, "state_invalid", "\"state\" must be pending, delivered, dead_letter or cancelled",
    "Send for example state=dead_letter, or leave it out for all."};
inline constexpr ErrorKind delivery_times_invalid{
    400, "delivery_times_invalid", "\"since\" and \"until\" must be moments in UTC",
    "Send for example 2024-01-01T00:00:00Z or 2024-01-01."};
inline constexpr ErrorKind event_type_name_invalid{
    400, "event_type_name_invalid",
    "an event type is two to four words of a-z, 0-9 and _ with dots between them",
    "Send a name like order.created or order.line.added, of at most 128 characters."};
inline constexpr ErrorKind event_type_not_found{
    404, "event_type_not_found", "event type not found",
    "Check its name; GET /v1/event-types lists all of them."};
inline constexpr ErrorKind event_type_unknown{
    422, "event_type_unknown", "there is no such event type",
    "Check its spelling with GET /v1/event-types, or describe it there with PUT "
    "/v1/event-types/:name first; events of the platform's own types are raised by the platform "
    "alone."};
inline constexpr ErrorKind event_type_reserved{
    422, "event_type_reserved", "the platform has event types with this first word",
    "Choose another first word, one of your own application: GET /v1/event-types shows the "
    "platform's."};
inline constexpr ErrorKind too_many_event_types{
    422, "too_many_event_types", "the tenant has as many event types as it may have",
    "Call DELETE /v1/event-types/:name for those that nobody publishes."};
inline constexpr ErrorKind tenant_not_found{
    404, "tenant_not_found", "tenant not found",
    "Leave \"tenant_id\" out: a secret key, and a service that is bound to a tenant, acts for its "
    "own tenant; a service that is bound to none names an active tenant."};
inline constexpr ErrorKind type_invalid{
    400, "type_invalid", "\"type\" must be an event type, a prefix with .* or *",
    "Send for example type=user.created or type=user.*, or leave it out for all."};
inline constexpr ErrorKind cursor_invalid{
    400, "cursor_invalid", "\"cursor\" is not a cursor of this list",
    "Send the next_cursor of the page before as it is, or no cursor to begin with the oldest."};

}  // namespace gatehouse::webhooks::errors
