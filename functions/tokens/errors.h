#pragma once

#include "core/error.h"

/// Under /oauth/ the pipeline shows a kind's `error` as `error_description`, and as `error` the RFC
/// 6749 §5.2 code: the kind's own where it is one of those, else the one that its status means.
namespace gatehouse::tokens::errors {

/// The one answer to an unknown client, a disabled one, a wrong or expired secret, a signature of
/// another key, and a way of authenticating that is not the client's.
inline constexpr ErrorKind client_not_found{
    401, "invalid_client", "Client not found",
    "Check client_id and credentials; ask an operator with internal:admin whether the client is "
    "active and authenticates in this way."};
inline constexpr ErrorKind client_credentials_required{
    401, "client_credentials_required", "the request holds no client credentials",
    "Send \"Authorization: Basic base64(client_id:client_secret)\", or client_id and client_secret "
    "or a client_assertion in the body."};
inline constexpr ErrorKind authorization_malformed{
    401, "authorization_malformed", "the Authorization header is not well-formed Basic",
    "Send \"Authorization: Basic base64(client_id:client_secret)\", both halves form-encoded (RFC "
    "6749 section 2.3.1)."};
inline constexpr ErrorKind assertion_required{
    400, "client_assertion_required", "\"client_assertion\" is required",
    "Send the JWT in client_assertion beside client_assertion_type."};
inline constexpr ErrorKind assertion_type_unknown{
    401, "client_assertion_type_unknown", "\"client_assertion_type\" is not that of a JWT",
    "Send client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer."};
inline constexpr ErrorKind assertion_claims_invalid{
    401, "client_assertion_invalid", "the assertion's claims are not those of a client",
    "Set \"iss\" and \"sub\" to the client_id, and \"exp\" to a whole number of seconds; leave the "
    "header's \"typ\" out or JWT."};
inline constexpr ErrorKind assertion_expired{
    401, "client_assertion_expired", "the assertion has expired",
    "Make a new assertion, with a later \"exp\", for each request; if this one was new, set the "
    "host's clock."};
inline constexpr ErrorKind assertion_not_yet_valid{
    401, "client_assertion_not_yet_valid", "the assertion's \"nbf\" or \"iat\" lies in the future",
    "Set the host's clock, or leave \"nbf\" and \"iat\" out."};
inline constexpr ErrorKind assertion_too_long{
    401, "client_assertion_too_long", "the assertion's \"exp\" is more than 5 minutes ahead",
    "Make a new assertion for each request, with an \"exp\" one minute ahead."};
inline constexpr ErrorKind assertion_id_required{
    401, "client_assertion_id_required", "the assertion has no \"jti\" of at most 256 bytes",
    "Give each assertion a \"jti\" of its own, a UUID for example."};
inline constexpr ErrorKind keys_being_fetched{
    503, "keys_being_fetched", "the client's keys are being fetched from its jwks_uri",
    "Wait as many seconds as Retry-After says, then send the request again."};
inline constexpr ErrorKind assertion_used{
    401, "client_assertion_used", "the assertion has been used before",
    "Make a new assertion, with another \"jti\", for each request."};
inline constexpr ErrorKind two_client_authentications{
    400, "two_client_authentications", "the client authenticates in more than one way",
    "Send the client's credentials once: in the Authorization header or in the body."};
inline constexpr ErrorKind client_id_required{
    400, "client_id_required", "\"client_id\" is required", "Send client_id beside client_secret."};
inline constexpr ErrorKind client_id_mismatch{
    400, "client_id_mismatch", "\"client_id\" is not the client of the Authorization header",
    "Leave client_id out of the body, or send the same one."};

inline constexpr ErrorKind dpop_proof_required{
    400, "invalid_dpop_proof", "the client obtains tokens only with a DPoP proof",
    "Send a proof of the key that the token is to be bound to in the header DPoP (RFC 9449 section "
    "5)."};

inline constexpr ErrorKind grant_type_required{400, "grant_type_required",
                                               "\"grant_type\" is required",
                                               "Send grant_type=client_credentials."};
inline constexpr ErrorKind unsupported_grant_type{
    400, "unsupported_grant_type", "only grant_type=client_credentials is supported",
    "Send grant_type=client_credentials; users log in with POST /v1/auth/login."};

inline constexpr ErrorKind scope_malformed{
    400, "invalid_scope", "\"scope\" is not a list of scopes with one space between them",
    "Send scopes of printable ASCII without quotes and backslashes (RFC 6749 section 3.3)."};
inline constexpr ErrorKind scope_too_long{
    400, "invalid_scope", "the client asks for more than a token can hold",
    "Ask for the scopes that the next calls need: at most 4096 characters, 128 for each."};
inline constexpr ErrorKind scope_not_granted{
    400, "invalid_scope", "the client has not been granted every scope that it asks for",
    "Ask for fewer scopes, or for none to obtain all that are granted; an internal:admin can grant "
    "more."};

inline constexpr ErrorKind resource_malformed{
    400, "invalid_target", "\"resource\" is not an absolute URI without a fragment",
    "Send the URI of the service that the token is for (RFC 8707 section 2)."};
inline constexpr ErrorKind several_targets{
    400, "invalid_target", "the request names more than one target",
    "Send one \"resource\" or one \"audience\", and obtain a token for each service."};
inline constexpr ErrorKind target_not_allowed{
    400, "invalid_target", "the client may not obtain tokens for this target",
    "Send one of the client's audiences as \"resource\" or \"audience\", or neither to obtain a "
    "token for the first of them."};

inline constexpr ErrorKind token_required{
    400, "token_required", "\"token\" is required",
    "Send \"token\" in the form, beside the client's credentials."};
inline constexpr ErrorKind unsupported_token_type{
    400, "unsupported_token_type", "a user's session is not ended here",
    "Call POST /v1/auth/logout with that token, or end it with the tenant's secret key."};

inline constexpr ErrorKind issuer_not_found{
    404, "issuer_not_found", "there is no such issuer",
    "Use the platform's issuer, without /t/...: this tenant has none of its own."};
inline constexpr ErrorKind tenant_not_found{
    404, "tenant_not_found", "tenant not found",
    "Check tenant_id; a client that is bound to a tenant reaches only that one."};
inline constexpr ErrorKind tenant_disabled{
    422, "tenant_disabled", "the tenant is disabled",
    "Ask an operator to run `gatehouse tenant enable` for it."};
inline constexpr ErrorKind user_not_found{404, "user_not_found", "user not found",
                                          "Check user_id; it has to be a user of that tenant."};
inline constexpr ErrorKind user_disabled{422, "user_disabled", "the user is disabled",
                                         "Enable the user with POST /v1/users/:id/enable."};

}  // namespace gatehouse::tokens::errors
