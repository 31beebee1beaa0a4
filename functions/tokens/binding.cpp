#include "tokens/binding.h"

#include <string>
#include <utility>

#include "auth/dpop.h"
#include "auth/errors.h"
#include "tokens/errors.h"

namespace gatehouse::tokens {

auth::Confirmation choose_binding(http::Call& call, const Client& client, std::string_view issuer,
                                  auth::UsedOnce& used) {
  const http::Request& request = call.request;
  auth::Confirmation binding;
  if (client.method == Client::Method::certificate) {
    binding.certificate = auth::presented_thumbprint(request.tls_certificate);
  }
  if (request.dpop.empty()) {
    if (client.dpop_bound) throw Failure(errors::dpop_proof_required);
    return binding;
  }
  auth::DpopProof proof = auth::check_dpop_proof(request.dpop,
                                                 {.method = method_name(request.method),
                                                  .url = std::string(issuer).append(request.path),
                                                  .access_token = {}},
                                                 used, call.database(), call.now);
  if (!proof.problem.empty()) {
    throw Failure(400, "invalid_dpop_proof", std::string(proof.problem),
                  std::string(auth::errors::dpop_next_step));
  }
  binding.key = std::move(proof.key);
  return binding;
}

}  // namespace gatehouse::tokens
