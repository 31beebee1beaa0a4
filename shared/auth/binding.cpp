#include "auth/binding.h"

#include <algorithm>
#include <string>

#include "auth/challenge.h"
#include "auth/dpop.h"
#include "auth/errors.h"

namespace gatehouse::auth {
namespace {

bool has_scheme(std::string_view header, std::string_view scheme) {
  return header.size() > scheme.size() &&
         std::equal(scheme.begin(), scheme.end(), header.begin(), [](char want, char have) {
           return want == (have >= 'A' && have <= 'Z' ? have - 'A' + 'a' : have);
         });
}

std::string dpop_challenge(std::string_view error) {
  return "DPoP realm=\"gatehouse\", error=\"" + std::string(error) + "\", algs=\"" +
         std::string(dpop_algorithms) + "\"";
}

void require_proof(const Confirmation& confirmation, const SentToken& token,
                   const Presented& presented, std::string_view issuer, UsedOnce& used,
                   db::Connection& connection, Time now) {
  const std::string_view origin = presented.origin.empty() ? issuer : presented.origin;
  const DpopProof proof = check_dpop_proof(presented.dpop,
                                           {.method = presented.method,
                                            .url = std::string(origin).append(presented.path),
                                            .access_token = token.text,
                                            .key = confirmation.key},
                                           used, connection, now);
  if (!proof.problem.empty()) {
    throw Failure(401, "dpop_proof_invalid", std::string(proof.problem),
                  std::string(errors::dpop_next_step))
        .challenge(dpop_challenge("invalid_dpop_proof"));
  }
  if (proof.key != confirmation.key) {
    throw Failure(errors::token_not_bound).challenge(dpop_challenge("invalid_token"));
  }
}

}  // namespace

SentToken read_authorization(std::string_view header) {
  constexpr std::string_view bearer = "bearer ", dpop = "dpop ";
  if (has_scheme(header, bearer)) return {header.substr(bearer.size()), false};
  if (has_scheme(header, dpop)) return {header.substr(dpop.size()), true};
  return {};
}

void require_binding(const Confirmation& confirmation, const SentToken& token,
                     const Presented& presented, std::string_view issuer, UsedOnce& used,
                     db::Connection& connection, Time now) {
  if (!confirmation.certificate.empty() &&
      presented_thumbprint(presented.certificate) != confirmation.certificate) {
    throw Failure(errors::certificate_mismatch)
        .challenge(bearer_challenge("invalid_token", "the token is bound to a certificate"));
  }
  if (token.with_proof && confirmation.key.empty()) {
    throw Failure(errors::token_not_bound).challenge(dpop_challenge("invalid_token"));
  }
  if (confirmation.key.empty()) return;
  if (!token.with_proof) {
    throw Failure(errors::dpop_required).challenge(dpop_challenge("invalid_token"));
  }
  require_proof(confirmation, token, presented, issuer, used, connection, now);
}

}  // namespace gatehouse::auth
