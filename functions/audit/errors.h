#pragma once

#include "core/error.h"

namespace gatehouse::trail::errors {

inline constexpr ErrorKind tenant_not_found{404, "tenant_not_found", "tenant not found",
                                            "Leave \"tenant_id\" out: a secret key, and a service "
                                            "that is bound to a tenant, reads the trail "
                                            "of its own tenant."};
inline constexpr ErrorKind moment_invalid{
    400, "moment_invalid", "\"from\" and \"to\" must be moments in UTC",
    "Send for example from=2024-01-01T00:00:00Z or from=2024-01-01."};
inline constexpr ErrorKind outcome_invalid{400, "outcome_invalid",
                                           "\"outcome\" must be success or failure",
                                           "Send outcome=success, outcome=failure, or neither."};
inline constexpr ErrorKind cursor_invalid{
    400, "cursor_invalid", "\"cursor\" is not a cursor of this list",
    "Send the next_cursor of the page before as it is, or no cursor for the first page."};

}  // namespace gatehouse::trail::errors
