#pragma once

#include "core/error.h"

namespace gatehouse::http::errors {

inline constexpr ErrorKind request_unreadable{
    400, "request_unreadable", "the request could not be read",
    "Send at most 64 KiB of headers, fewer than a hundred of them, and as many bytes of body as "
    "Content-Length says."};
inline constexpr ErrorKind route_not_found{404, "route_not_found", "no such route",
                                           "Check the path against /openapi.json; paths are "
                                           "compared byte by byte, without percent-encoding."};
inline constexpr ErrorKind method_not_allowed{
    405, "method_not_allowed", "this route does not take that method",
    "Use one of the methods that the Allow header names."};
inline constexpr ErrorKind body_too_large{413, "body_too_large", "the request's body is too large",
                                          "Send less: /openapi.json names each route's limit."};
inline constexpr ErrorKind body_not_expected{
    400, "body_not_expected", "this route takes no body",
    "Send the request without a body, with a Content-Length of 0 or none."};
inline constexpr ErrorKind body_required{
    400, "body_required", "the request needs a body",
    "Send the members that /openapi.json names for this route."};
inline constexpr ErrorKind json_object_required{400, "json_object_required",
                                                "the request's body must be a JSON object",
                                                "Send an object: {\"name\": \"value\"}."};
inline constexpr ErrorKind json_content_type_required{415, "unsupported_media_type",
                                                      "the request's body must be application/json",
                                                      "Send \"Content-Type: application/json\"."};
inline constexpr ErrorKind form_content_type_required{
    415, "unsupported_media_type", "the request's body must be application/x-www-form-urlencoded",
    "Send \"Content-Type: application/x-www-form-urlencoded\"."};
inline constexpr ErrorKind content_encoding_unsupported{
    415, "content_encoding_unsupported", "compressed request bodies are not accepted",
    "Send the body without Content-Encoding."};
inline constexpr ErrorKind credentials_in_query{
    400, "credentials_in_query", "credentials must not be sent in the URL",
    "Send them in the Authorization header or the body, and replace them: URLs end up in logs."};
inline constexpr ErrorKind database_unavailable{
    503, "temporarily_unavailable", "the service is temporarily unavailable",
    "Repeat the request after the seconds that Retry-After names."};
inline constexpr ErrorKind outcome_unknown{
    503, "outcome_unknown", "the connection was lost while the change was being stored",
    "Send it again with the same Idempotency-Key; without one, first read the object to see "
    "whether "
    "the change happened."};
inline constexpr ErrorKind overloaded{
    503, "overloaded", "too many requests are waiting",
    "Repeat the request after the seconds that Retry-After names."};
inline constexpr ErrorKind rate_limited{
    429, "rate_limited", "too many requests",
    "Wait as many seconds as Retry-After says, then send the request again."};
inline constexpr ErrorKind agent_killed{
    403, "agent_killed", "this agent has been stopped",
    "Stop calling: an operator has stopped this agent, the agents of its tenant, or all agents, "
    "and "
    "GET /v1/internal/agents/killed tells an internal:admin why. It works again once released."};
inline constexpr ErrorKind quota_exceeded{
    429, "quota_exceeded", "the quota of this hour or day is used up",
    "Wait as many seconds as Retry-After says, or ask the operator for a larger quota."};
inline constexpr ErrorKind too_many_failures{
    429, "too_many_failures", "too many requests with wrong credentials",
    "Correct the credential; right ones are accepted at once, wrong ones after the seconds that "
    "Retry-After names."};
inline constexpr ErrorKind internal_error{
    500, "internal_error", "internal error",
    "Report the trace_id to the operator; repeating the request may help."};

}  // namespace gatehouse::http::errors
