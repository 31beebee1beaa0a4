#pragma once

#include "core/error.h"

namespace gatehouse::users::errors {

inline constexpr ErrorKind email_already_registered{
    409, "email_already_registered", "email already registered",
    "Log in with POST /v1/auth/login, or register another address; upper and lower case do not "
    "matter."};
inline constexpr ErrorKind login_refused{401, "login_refused", "invalid email or password",
                                         "Check \"email\" and \"password\"; where both are right "
                                         "the account is disabled: ask the tenant."};
inline constexpr ErrorKind login_delayed{
    429, "login_delayed", "too many wrong passwords",
    "Wait as many seconds as Retry-After says. A device that has logged in before and sends its "
    "X-Device-Token waits for its own mistakes only."};
inline constexpr ErrorKind user_not_found{404, "user_not_found", "user not found",
                                          "Check the user's id (usr_...) or address: a key or "
                                          "service reaches only the users of its own tenant."};
inline constexpr ErrorKind tenant_not_found{
    404, "tenant_not_found", "tenant not found",
    "Check \"tenant_id\": a service that is bound to a tenant reaches only that one."};
inline constexpr ErrorKind tenant_required{
    400, "tenant_id_required", "\"tenant_id\" is required",
    "Name the tenant of the new user in the member \"tenant_id\"."};
inline constexpr ErrorKind tenant_disabled{
    422, "tenant_disabled", "the tenant is disabled",
    "Ask an operator to run `gatehouse tenant enable` before users are added."};
inline constexpr ErrorKind session_not_found{
    404, "session_not_found", "session not found",
    "List them with GET /v1/users/me/sessions: this one has ended, or is somebody else's."};
inline constexpr ErrorKind password_too_common{
    422, "password_too_common", "the password is one of those that are guessed first",
    "Choose a longer or less usual one: the tenant has set refuse_common_passwords."};
inline constexpr ErrorKind current_password_wrong{
    422, "current_password_wrong", "\"current_password\" is not the current password",
    "Send the password that the user logs in with now, or reset it with POST "
    "/v1/auth/password-reset/confirm."};
inline constexpr ErrorKind one_time_token_invalid{
    400, "one_time_token_invalid", "invalid or expired token",
    "Ask for a new one, with POST /v1/auth/password-reset for example: each is good for one use "
    "within 30 minutes."};
inline constexpr ErrorKind roles_invalid{
    400, "roles_invalid",
    "\"roles\" must be different names of visible ASCII characters without quotes or backslashes",
    "Send names like \"admin\" or \"billing:read\", each of them once."};
inline constexpr ErrorKind nothing_to_change{
    400, "nothing_to_change", "the request names nothing to change",
    "Send at least one of the members that /openapi.json names for this route."};

}  // namespace gatehouse::users::errors
