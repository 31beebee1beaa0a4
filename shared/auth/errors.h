#pragma once

#include "core/error.h"

namespace gatehouse::auth::errors {

inline constexpr ErrorKind api_key_required{401, "api_key_required", "tenant not found",
                                            "Send one of the tenant's API keys as \"Authorization: "
                                            "Bearer pub_...\" or \"Bearer sec_...\"."};
inline constexpr ErrorKind api_key_unknown{
    401, "api_key_unknown", "tenant not found",
    "Check the key (pub_... or sec_...): it is unknown, expired, or its tenant is disabled."};
inline constexpr ErrorKind user_token_required{
    401, "user_token_required", "user not authenticated",
    "Log in with POST /v1/auth/login and send its token as \"Authorization: Bearer ...\"."};
inline constexpr ErrorKind user_token_invalid{
    401, "user_token_invalid", "user not authenticated",
    "Log in again with POST /v1/auth/login: the token is not valid here."};
inline constexpr ErrorKind user_token_expired{
    401, "user_token_expired", "user not authenticated",
    "Log in again with POST /v1/auth/login: the token has expired."};
inline constexpr ErrorKind session_ended{
    401, "session_ended", "user not authenticated",
    "Log in again with POST /v1/auth/login: this session has ended."};
inline constexpr ErrorKind service_token_required{
    401, "service_token_required", "service not authenticated",
    "Obtain a token with POST /oauth/token and send it as \"Authorization: Bearer ...\"."};
inline constexpr ErrorKind service_token_invalid{
    401, "service_token_invalid", "service not authenticated",
    "Obtain a new token with POST /oauth/token: this one is not valid here."};
inline constexpr ErrorKind service_token_expired{
    401, "service_token_expired", "service not authenticated",
    "Obtain a new token with POST /oauth/token: this one has expired."};
inline constexpr ErrorKind certificate_mismatch{
    401, "certificate_mismatch", "service not authenticated",
    "Send the token over a TLS connection with the certificate that its \"x5t#S256\" names."};
inline constexpr ErrorKind dpop_required{401, "dpop_required", "service not authenticated",
                                         "Send the token as \"Authorization: DPoP ...\" with a "
                                         "proof of the key that it is bound to in the "
                                         "header DPoP (RFC 9449 section 7.1)."};
inline constexpr ErrorKind token_not_bound{
    401, "token_not_bound", "service not authenticated",
    "Send a bearer token as \"Authorization: Bearer ...\", or obtain a token with a DPoP proof of "
    "this key."};
/// Of a proof whose error says what is wrong with it: 401 `dpop_proof_invalid` beside a token, 400
/// `invalid_dpop_proof` where one is to be obtained.
inline constexpr std::string_view dpop_next_step =
    "Make a new proof for each request: typ dpop+jwt, the public key as jwk, ES256, EdDSA or "
    "RS256; "
    "htm, htu (the issuer's URL and the path), iat, jti, and with a token ath.";
inline constexpr ErrorKind token_revoked{
    401, "token_revoked", "the token was revoked",
    "Obtain a new token: this one was given up with POST /oauth/revoke."};
inline constexpr ErrorKind client_not_active{
    401, "client_not_active", "service not authenticated",
    "Ask an operator with internal:admin: the client was disabled, or its tokens were revoked."};
inline constexpr ErrorKind secret_key_required{
    403, "secret_key_required", "this route needs the tenant's secret key",
    "Call it from your server with the secret key (sec_...); public keys only register and log in "
    "users."};
inline constexpr ErrorKind insufficient_scope{403, "insufficient_scope", "Forbidden",
                                              "Ask an internal:admin to grant the scope that "
                                              "WWW-Authenticate names, then obtain a new token."};

}  // namespace gatehouse::auth::errors
