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
inline constexpr ErrorKind wildcard_invalid{
    400, "wildcard_invalid",
    "a wildcard is a prefix with .* or :* behind it, and not of internal or auth",
    "Send for example \"log.*\" or \"user:*\", or the full name of one scope."};
inline constexpr ErrorKind scope_not_in_catalogue{
    422, "scope_not_in_catalogue", "the catalogue of scopes does not list this one",
    "Check its spelling with GET /v1/internal/scopes, or describe it there with PUT "
    "/v1/internal/scopes/:name first."};
inline constexpr ErrorKind scope_not_found{
    404, "scope_not_found", "the catalogue has no such scope",
    "Check its name; GET /v1/internal/scopes lists all of them."};
inline constexpr ErrorKind catalogue_name_invalid{
    400, "catalogue_name_invalid",
    "a scope of the catalogue has 1 to 128 letters, digits and _ - . : in its name",
    "Send a name like user:read or log.push, or a wildcard like log.*, in the path."};
inline constexpr ErrorKind default_scopes_invalid{
    400, "default_scopes_invalid", "\"default_scopes\" must be a list of at most 64 scopes",
    "Send full names like \"log.push\", no wildcards; null for all that are granted."};
inline constexpr ErrorKind custom_claims_invalid{
    400, "custom_claims_invalid",
    "\"custom_claims\" must be an object of texts, numbers, booleans and lists of texts",
    "Send for example {\"department\": \"sales\"}; null removes a claim, or all of them."};
inline constexpr ErrorKind custom_claim_not_allowed{
    422, "custom_claim_not_allowed", "a claim is not one of those that clients may have",
    "Ask an operator to list its name in the setting `custom_claims`."};
inline constexpr ErrorKind custom_claims_too_large{
    422, "custom_claims_too_large", "the client's claims are more than 1 KiB together",
    "Send shorter values in \"custom_claims\", or null for what is not needed: each token carries "
    "them all."};
inline constexpr ErrorKind nothing_to_change{
    400, "nothing_to_change", "the request names nothing to change",
    "Send at least one of description, tenant_id, system_id, env, audiences, token_seconds, "
    "default_scopes, custom_claims, thresholds, or of what says how it authenticates."};
inline constexpr ErrorKind kind_invalid{
    400, "kind_invalid", "\"kind\" must be service or agent",
    "Send \"agent\" for what acts without a person looking on; it then has thresholds."};
inline constexpr ErrorKind thresholds_invalid{
    400, "thresholds_invalid", "\"thresholds\" must be a JSON object",
    "Send any of calls_per_hour, writes_per_hour, rate_per_minute, max_per_call in it."};
inline constexpr ErrorKind max_per_call_invalid{
    400, "max_per_call_invalid",
    "\"max_per_call\" must be an object of at most 16 names with whole numbers",
    "Send for example {\"rows\": 500}; a name is at most 32 of a-z, 0-9 and _, null removes it."};
inline constexpr ErrorKind not_an_agent{
    422, "not_an_agent", "only an agent has thresholds and can be killed",
    "Name a client whose kind is agent; a service is stopped with POST "
    "/v1/internal/services/:client_id/disable."};
inline constexpr ErrorKind agent_cannot_manage{
    422, "agent_cannot_manage", "an agent cannot hold internal:admin",
    "Grant internal:admin to a service that is no agent: an agent must not change what holds it "
    "back."};
inline constexpr ErrorKind target_required{
    400, "target_required", "exactly one of \"client_id\", \"tenant_id\" and \"all\" is needed",
    "Send {\"client_id\": ...} for one agent, {\"tenant_id\": ...} for a tenant's agents, or "
    "{\"all\": true} for every agent."};
inline constexpr ErrorKind auth_method_unknown{
    400, "token_endpoint_auth_method_invalid",
    "\"token_endpoint_auth_method\" is no way of authenticating that there is",
    "Send client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth or "
    "self_signed_tls_client_auth, or null for a secret sent either way."};
inline constexpr ErrorKind private_key_sent{
    400, "private_key_sent", "the JWK Set holds a private key, which is now no secret any more",
    "Make a new key pair, keep its private half where it is used, and send its public members "
    "only: "
    "no \"d\"."};
inline constexpr ErrorKind one_certificate_name{
    400, "one_certificate_name", "the certificate is to be compared in more than one way",
    "Send one of tls_client_auth_subject_dn, tls_client_auth_san_dns, tls_client_auth_san_uri and "
    "tls_client_certificate_sha256 (RFC 8705 section 2.1.2)."};
inline constexpr ErrorKind two_key_sources{422, "two_key_sources",
                                           "a service's keys are registered or published, not both",
                                           "Send jwks or jwks_uri, and null for the other one if "
                                           "the service has it (RFC 7591 section 2)."};
inline constexpr ErrorKind keys_required{
    422, "keys_required", "private_key_jwt needs the service's public keys",
    "Send them as \"jwks\", or their URL as \"jwks_uri\", in the same request; or first to PUT "
    "/v1/internal/services/:client_id/keys."};
inline constexpr ErrorKind certificate_required{
    422, "certificate_required", "the method needs to know the service's certificate",
    "Send with tls_client_auth one of tls_client_auth_subject_dn, tls_client_auth_san_dns and "
    "tls_client_auth_san_uri; with self_signed_tls_client_auth tls_client_certificate_sha256."};
inline constexpr ErrorKind gate_route_not_found{
    404, "gate_route_not_found", "there is no such route of the gate",
    "Check the name; GET /v1/internal/routes lists all of them."};
inline constexpr ErrorKind rate_invalid{
    400, "rate_invalid", "\"rate\" must be a JSON object or null",
    "Send for example {\"count\": 100, \"window_seconds\": 60, \"burst\": 20}."};
inline constexpr ErrorKind scope_match_invalid{
    400, "scope_match_invalid", "\"scope_match\" must be all or any",
    "Send \"all\" where each of scopes is needed, \"any\" where one of them will do."};
inline constexpr ErrorKind secret_not_found{
    404, "secret_not_found", "the client has no such secret",
    "Check the secret_id; GET /v1/internal/services/:client_id/secrets lists those that work."};
inline constexpr ErrorKind last_secret{
    422, "last_secret", "this is the client's last secret",
    "Call POST /v1/internal/services/:client_id/secrets/rotate to replace it ({\"grace_seconds\": "
    "0} "
    "where it has leaked), or POST /v1/internal/services/:client_id/disable to stop the client."};
inline constexpr ErrorKind secret_not_used{
    422, "secret_not_used", "the client authenticates without a secret",
    "Call PATCH /v1/internal/services/:client_id to change its token_endpoint_auth_method first, "
    "or PUT /v1/internal/services/:client_id/keys where it is its keys that are to be replaced."};
inline constexpr ErrorKind too_many_secrets{
    422, "too_many_secrets", "the client has as many secrets as it may have",
    "Call DELETE /v1/internal/services/:client_id/secrets/:secret_id for those that nobody uses; "
    "their last_used_at tells."};
inline constexpr ErrorKind since_invalid{
    400, "since_invalid", "\"since\" must be a number of minutes, hours or days up to 30 days",
    "Send for example since=90m, since=24h or since=7d."};
inline constexpr ErrorKind cursor_invalid{
    400, "cursor_invalid", "\"cursor\" is not a cursor of this list",
    "Send the X-Next-Cursor of the page before as it is, or no cursor for the first page."};

}  // namespace gatehouse::services::errors
