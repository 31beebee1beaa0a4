#pragma once

#include <memory>
#include <string>
#include <vector>

#include "auth/cache.h"
#include "fcgi/program.h"
#include "http/call.h"
#include "tokens/gate_routes.h"

namespace gatehouse::tokens {

/// Whether nginx may let a request through to what it protects: the answer to its auth_request
/// (nginx/gatehouse/). One for each process, thread-safe.
///
/// A decision is remembered for at most 5 s (of users and keys half as long as caches are believed,
/// since a session's end advances no epoch), until an epoch advances; where each request comes with
/// a proof, for this one only and whatever happens: nginx asks again when it goes on to an index
/// file, and a proof is good once. Limits and an agent's calls are counted each
/// time. A refusal is not remembered.
class Gate {
 public:
  explicit Gate(fcgi::Platform& platform);

  /// 200 with who the caller is in headers: Gatehouse-Caller-Kind, -Caller, -Client, -User,
  /// -Tenant, -Scope (those that there are), Gatehouse-Assertion (auth::AssertionClaims), and
  /// Gatehouse-Keep-Authorization where the upstream is to see the credential. Throws Failure 401,
  /// 403, 429 for whoever may not pass, 404 where nginx asks about nothing; db::Unavailable.
  http::Response decide(http::Call& call);

 private:
  struct Admitted {
    auth::Principal caller;
    std::vector<http::Header> identity;
    Time until;
  };
  using Pointer = std::shared_ptr<const Admitted>;

  Pointer judge(http::Call& call, const GateRoute& route);
  std::vector<http::Header> identity_of(http::Call& call, const GateRoute& route) const;

  fcgi::Platform& platform_;
  GateRoutes routes_;
  auth::Cache<Admitted> decisions_;
  auth::Cache<Admitted> proven_;  ///< of single requests
};

}  // namespace gatehouse::tokens
