#include "http/gate.h"

#include <arpa/inet.h>

#include <array>
#include <chrono>

#include "core/log.h"
#include "http/errors.h"

namespace gatehouse::http {
namespace {

constexpr std::string_view default_policy = "default";

std::string rate_header(std::string_view policy, std::int64_t remaining,
                        std::chrono::seconds span) {
  std::string text;
  text.reserve(policy.size() + 32);
  return text.append("\"")
      .append(policy)
      .append("\";r=")
      .append(std::to_string(remaining))
      .append(";t=")
      .append(std::to_string(span.count()));
}

Failure refusal(const ErrorKind& kind, std::string_view policy, const std::string& policy_header,
                const limits::Decision& decision) {
  return Failure(kind)
      .retry_after(decision.retry_after)
      .header("RateLimit-Policy", policy_header)
      .header("RateLimit", rate_header(policy, 0, decision.retry_after));
}

// The request's own line says on which route it was.
void log_dry_run(const Request& request, std::string_view policy, std::string_view caller) {
  log::warn("limit_dry_run", {{"trace_id", request.trace_id},
                              {"policy", policy},
                              {"caller", caller},
                              {"remote_addr", request.remote_address}});
}

}  // namespace

std::string limited_source(std::string_view remote_address) {
  if (remote_address.find(':') == remote_address.npos) return std::string(remote_address);
  const std::string text(remote_address);
  std::array<char, sizeof(in6_addr)> bytes{};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  constexpr std::string_view v4_in_v6("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  const std::string_view all(bytes.data(), bytes.size());
  if (!all.starts_with(v4_in_v6)) return std::string(all.substr(0, 8));
  std::array<char, INET_ADDRSTRLEN> dotted{};
  inet_ntop(AF_INET, bytes.data() + v4_in_v6.size(), dotted.data(), dotted.size());
  return dotted.data();
}

Gate::Gate(const limits::Policies& policies, std::size_t entries)
    : policies_(policies), key_(SipHash::random_key()), callers_(entries), failures_(entries) {}

void Gate::check(const Routes& routes) const {
  for (const Route& route : routes) {
    if (policies_.find(route.rate.name) != nullptr) continue;
    throw limits::PolicyError("the limits have no policy \"" + std::string(route.rate.name) +
                              "\", which " + std::string(route.path) +
                              " names; add a line `limit " + std::string(route.rate.name) +
                              " ...`");
  }
}

void Gate::before_authentication(const Request& request) {
  if (request.authorization.empty()) return;
  const limits::FailurePolicy& policy = policies_.failures();
  const std::uint64_t key = hash("credential")
                                .add_field(limited_source(request.remote_address))
                                .add(request.authorization)
                                .finish();
  const auto decision = failures_.peek(key, policy.rate, std::chrono::steady_clock::now());
  // A dry run logs it where the failure is counted.
  if (decision.admitted || policy.dry_run) return;
  throw refusal(errors::too_many_failures, "failures", policy.header, decision);
}

void Gate::authentication_failed(const Request& request, std::string_view claimed, bool guess) {
  const limits::FailurePolicy& policy = policies_.failures();
  const auto now = std::chrono::steady_clock::now();
  const std::string source = limited_source(request.remote_address);
  limits::Decision decision;
  if (!request.authorization.empty()) {
    const std::uint64_t key =
        hash("credential").add_field(source).add(request.authorization).finish();
    decision = failures_.take(key, policy.rate, now);
  }
  if (guess) {
    const std::uint64_t key = hash("target").add_field(source).add(claimed).finish();
    const auto of_target = failures_.take(key, policy.rate, now);
    if (!of_target.admitted) decision = of_target;
  }
  if (decision.admitted) return;
  if (policy.dry_run) return log_dry_run(request, "failures", {});
  throw refusal(errors::too_many_failures, "failures", policy.header, decision);
}

void Gate::Standing::append(const Standing& other) {
  policy.append(", ").append(other.policy);
  rate.append(", ").append(other.rate);
}

std::optional<Gate::Standing> Gate::admit(const Request& request, const Route& route,
                                          const auth::Principal& caller) {
  auto standing = admit_to_route(request, route, caller);
  if (!caller.agent) return standing;
  const Standing of_agent = admit_agent(caller);
  if (!standing) return of_agent;
  standing->append(of_agent);
  return standing;
}

Gate::Standing Gate::admit_agent(const auth::Principal& agent) {
  constexpr std::string_view name = "agent_rate";
  const std::int64_t count = agent.agent->thresholds.rate_per_minute;
  const limits::Rate rate{.count = count, .window = std::chrono::minutes(1), .burst = count};
  const auto decision =
      callers_.take(hash(name).add(agent.id()).finish(), rate, std::chrono::steady_clock::now());
  const std::string policy = "\"agent_rate\";q=" + std::to_string(count) + ";w=60";
  if (!decision.admitted) throw refusal(errors::rate_limited, name, policy, decision);
  return {policy, rate_header(name, decision.remaining, decision.reset)};
}

std::uint64_t Gate::key_of(std::string_view policy, const Request& request,
                           const auth::Principal& caller) const {
  const bool stranger = caller.is(auth::Credential::none);
  SipHash key = hash(policy);
  key.add_field(stranger ? std::string_view() : caller.id());
  if (stranger || caller.is(auth::Credential::public_key)) {
    key.add(limited_source(request.remote_address));
  }
  return key.finish();
}

void Gate::admit_at(const Request& request, std::string_view name, const limits::Rate& rate,
                    const auth::Principal& caller) {
  const std::string own = "route " + std::string(name);  // no policy's name has a space
  const auto decision =
      callers_.take(key_of(own, request, caller), rate, std::chrono::steady_clock::now());
  if (decision.admitted) return;
  const auto refill = std::chrono::ceil<std::chrono::seconds>(rate.cost() * rate.burst);
  throw refusal(errors::rate_limited, name,
                '"' + std::string(name) + "\";q=" + std::to_string(rate.burst) +
                    ";w=" + std::to_string(refill.count()),
                decision);
}

std::optional<Gate::Standing> Gate::admit_to_route(const Request& request, const Route& route,
                                                   const auth::Principal& caller) {
  const bool stranger = caller.is(auth::Credential::none);
  const bool by_default = route.rate.name == default_policy;
  if (stranger && by_default) return std::nullopt;
  const limits::Policy* policy = policies_.find(route.rate.name);
  if (policy == nullptr || !policy->caller) return std::nullopt;

  const auto decision = callers_.take(key_of(policy->name, request, caller), *policy->caller,
                                      std::chrono::steady_clock::now());
  if (!decision.admitted) {
    if (!policy->dry_run) {
      throw refusal(errors::rate_limited, policy->name, policy->header, decision);
    }
    log_dry_run(request, policy->name, caller.id());
    return std::nullopt;
  }
  if (by_default || policy->dry_run) return std::nullopt;
  return Standing{policy->header, rate_header(policy->name, decision.remaining, decision.reset)};
}

}  // namespace gatehouse::http
