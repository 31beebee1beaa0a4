#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "auth/principal.h"
#include "core/siphash.h"
#include "http/message.h"
#include "http/route.h"
#include "limits/limiter.h"
#include "limits/policies.h"

namespace gatehouse::http {

/// The functions' layer of limits: how much each caller may do, and how many wrong credentials a
/// source may present. Counts in this process, bounded memory, thread-safe. Every refusal is a
/// Failure 429 with Retry-After, RateLimit and RateLimit-Policy
/// (draft-ietf-httpapi-ratelimit-headers-10); under a dry run it is a line in the log instead.
///
/// Right credentials are never refused for wrong ones: failures are counted by themselves, and who
/// has authenticated is counted under its own id, where no stranger gets. A public key is known to
/// strangers, so it is counted for each address by itself.
class Gate {
 public:
  /// `policies` must outlive it. `entries`: callers that are remembered.
  Gate(const limits::Policies& policies, std::size_t entries);

  /// Throws limits::PolicyError unless every route's policy exists.
  void check(const Routes& routes) const;

  /// Before authentication. Refuses a credential that has failed from this source too often to be
  /// tried again, so that a client which repeats a wrong one costs no look-up.
  void before_authentication(const Request& request);

  /// After a 401. `claimed` is the client that the credential was to be for; empty where it names
  /// none. Refuses, in place of the 401, where this source has failed too often for it; returns
  /// where the caller is to get its 401. `guess` is false for what was good once (an expired
  /// token), which counts against itself only.
  void authentication_failed(const Request& request, std::string_view claimed, bool guess = true);

  /// What an answer says of its caller's limit; nothing under the policy "default".
  struct Standing {
    std::string policy, rate;  ///< values of RateLimit-Policy and RateLimit
    void append(const Standing& other);
  };

  /// Takes one request off what the caller may do on this route. A caller without a credential is
  /// its address, and limited only where the route names a policy of its own. An agent has a rate
  /// of its own besides, which its answers tell as "agent_rate".
  std::optional<Standing> admit(const Request& request, const Route& route,
                                const auth::Principal& caller);

  /// Takes one request off a rate of that name, which no policy file names.
  void admit_at(const Request& request, std::string_view name, const limits::Rate& rate,
                const auth::Principal& caller);

  const limits::Policies& policies() const { return policies_; }

 private:
  std::optional<Standing> admit_to_route(const Request& request, const Route& route,
                                         const auth::Principal& caller);
  Standing admit_agent(const auth::Principal& agent);
  /// A caller's own key of that policy.
  std::uint64_t key_of(std::string_view policy, const Request& request,
                       const auth::Principal& caller) const;
  SipHash hash(std::string_view what) const { return SipHash(key_).add_field(what); }

  const limits::Policies& policies_;
  const SipHash::Key key_;
  limits::Limiter callers_;
  limits::Limiter failures_;
};

/// The source that limits count by: an IPv4 address, or the first 64 bits of an IPv6 address, since
/// whoever has one has all of those. An IPv4 address within IPv6 counts as itself.
std::string limited_source(std::string_view remote_address);

}  // namespace gatehouse::http
