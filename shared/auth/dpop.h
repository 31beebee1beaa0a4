#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "auth/used_once.h"
#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::auth {

/// How old a DPoP proof may be. Its id is remembered for as long.
inline constexpr std::chrono::seconds longest_proof{60};

/// The algorithms of proofs, as challenges name them (RFC 9449 §7.1).
inline constexpr std::string_view dpop_algorithms = "ES256 EdDSA Ed25519 RS256";

/// The request that a proof has to be for.
struct ProvenRequest {
  std::string_view method;
  std::string url;                ///< without query and fragment
  std::string_view access_token;  ///< that it goes with; "" where the proof is to obtain one
  std::string_view key = {};      ///< thumbprint of the key that has to sign it; "": any
};

/// What a proof has shown, or why it shows nothing.
struct DpopProof {
  std::string key;           ///< thumbprint (RFC 7638) of the key that its sender holds
  std::string_view problem;  ///< one line for people, a literal; "" where the proof is good
};

/// Checks a DPoP proof (RFC 9449 §4.3) of which there is one: type, algorithm and signature under
/// the key in its header; `htm`, `htu`, `iat`, `ath`. Its `jti` is used up, if the proof is good
/// otherwise; one by another key than was asked for is returned with that key, and nothing is kept
/// of it. Throws what UsedOnce::take throws.
DpopProof check_dpop_proof(std::string_view proof, const ProvenRequest& request, UsedOnce& used,
                           db::Connection& connection, Time now);

/// Whether two URLs are one without query and fragment: scheme and host in any case, a scheme's own
/// port or none (RFC 3986 §6.2.2, §6.2.3).
bool same_target(std::string_view a, std::string_view b);

}  // namespace gatehouse::auth
