#pragma once

#include "core/error.h"

namespace gatehouse::services::errors {

inline constexpr ErrorKind client_not_found{
    404, "client_not_found", "client not found",
    "Check the client_id; GET /v1/internal/services lists all of them."};
inline constexpr ErrorKind tenant_not_found{
    404, "tenant_not_found", "tenant not found",
    "Check the tenant_id; GET /api/internal/tenants lists all of them."};
inline constexpr ErrorKind platform_service_required{
    403, "platform_service_required", "a service bound to one tenant does not manage services",
    "Call with the token of an internal:admin that is bound to no tenant."};
inline constexpr ErrorKind last_admin{
    422, "last_admin", "this is the last active service that manages services",
    "Grant internal:admin to another active service that is bound to no tenant, then repeat this."};
inline constexpr ErrorKind scope_name_invalid{
    400, "scope_name_invalid",
    "\"scope_name\" must be 1 to 128 printable ASCII characters without space, '\"' and '\\'",
    "Send one scope-token (RFC 6749 section 3.3), for example \"user:read\"."};
inline constexpr ErrorKind nothing_to_change{
    400, "nothing_to_change", "the request names nothing to change",
    "Send at least one of description, tenant_id, system_id, env, audiences, token_seconds."};
inline constexpr ErrorKind since_invalid{
    400, "since_invalid", "\"since\" must be a number of minutes, hours or days up to 30 days",
    "Send for example since=90m, since=24h or since=7d."};
inline constexpr ErrorKind cursor_invalid{
    400, "cursor_invalid", "\"cursor\" is not a cursor of this list",
    "Send the X-Next-Cursor of the page before as it is, or no cursor for the first page."};

}  // namespace gatehouse::services::errors
