#pragma once

#include "core/error.h"

/// Why the gate lets a request not through to what it protects. What concerns a credential is in
/// auth/errors.h, as everywhere.
namespace gatehouse::tokens::errors {

inline constexpr ErrorKind gate_route_unknown{
    403, "gate_route_unknown", "what is here is protected by a route that does not exist",
    "Ask the operator to run `gatehouse route check` on nginx's files: they set $gatehouse_route "
    "to a name that has no policy."};
inline constexpr ErrorKind gate_route_disabled{
    403, "gate_route_disabled", "nobody may pass here at this time",
    "Ask the operator to enable the route with `gatehouse route set`."};
inline constexpr ErrorKind gate_path_refused{
    403, "gate_path_refused", "this path can be read in more than one way",
    "Send the path without \"//\", \".\" and \"..\" as segments, \";\" and \"\\\", escaped or not, "
    "and without %2F."};
inline constexpr ErrorKind gate_method_refused{
    403, "gate_method_refused", "this method may not pass here",
    "Use one of the methods that the route's policy names (`gatehouse route list`)."};
inline constexpr ErrorKind gate_network_refused{
    403, "gate_network_refused", "nobody may pass here from this address",
    "Call from a network that the route's policy names, or ask the operator to add yours "
    "(`gatehouse route set`)."};
inline constexpr ErrorKind gate_caller_refused{
    403, "gate_caller_refused", "callers of this kind may not pass here",
    "Authenticate as one of the kinds that the route's policy names (`gatehouse route list`); an "
    "agent is always one, whomever it acts for."};
inline constexpr ErrorKind gate_tenant_refused{
    403, "gate_tenant_refused", "callers of other tenants may not pass here",
    "Use a credential of a tenant that the route's policy names (`gatehouse route list`)."};

}  // namespace gatehouse::tokens::errors
