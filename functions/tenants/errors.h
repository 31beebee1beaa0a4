#pragma once

#include "core/error.h"

namespace gatehouse::tenants::errors {

inline constexpr ErrorKind tenant_not_found{
    404, "tenant_not_found", "tenant not found",
    "Check the id (tnt_...) in the path; a secret key reaches only the tenant that it belongs to."};
inline constexpr ErrorKind signup_closed{
    403, "signup_closed", "tenants cannot be created from here",
    "Ask the operator to create the tenant, or to add your address to tenant_signup_allowlist."};
inline constexpr ErrorKind nothing_to_change{
    400, "nothing_to_change", "the request names nothing to change",
    "Send at least one of name, password_min_length, refuse_common_passwords, user_token_seconds, "
    "own_issuer."};

inline constexpr ErrorKind operator_required{
    403, "operator_required", "only an operator can change \"own_issuer\"",
    "Ask an operator with internal:admin to change it: whoever accepts the tenant's tokens has to "
    "trust another issuer then."};

}  // namespace gatehouse::tenants::errors
