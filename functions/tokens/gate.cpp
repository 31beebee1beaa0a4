#include "tokens/gate.h"

#include <algorithm>

#include "audit/event.h"
#include "auth/challenge.h"
#include "auth/errors.h"
#include "core/encoding.h"
#include "crypto/hash.h"
#include "gate/path.h"
#include "http/errors.h"
#include "tokens/gate_errors.h"
#include "tokens/store.h"

namespace gatehouse::tokens {
namespace {

using auth::Credential;
using http::Call;
using http::Header;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds longest_memory = 5s;
/// nginx asks for the same request again at once or never.
constexpr std::size_t requests_under_way = 1024;

/// A credential that shows all there is to show, as opposed to one that comes with a proof.
bool shows_all(std::string_view authorization) {
  return !auth::read_authorization(authorization).with_proof;
}

/// Of everything that a decision depends on, but for epochs and what is checked each time.
std::string memory_key(const http::Request& request) {
  std::string text;
  text.reserve(request.authorization.size() + request.tls_certificate.size() + 128);
  text.append(request.gated->route).append("\n").append(request.gated->method).append("\n");
  text.append(request.authorization).append("\n").append(request.tls_certificate);
  if (!shows_all(request.authorization)) {
    text.append("\n").append(request.dpop).append("\n").append(request.request_id);
  }
  const crypto::Digest digest = crypto::sha256(text);
  return std::string(as_text(digest));
}

void check_request(const http::Request& request, const GateRoute* route) {
  if (route == nullptr) throw Failure(errors::gate_route_unknown);
  if (!route->policy.enabled) throw Failure(errors::gate_route_disabled);
  if (!gate::has_one_reading(request.gated->path)) throw Failure(errors::gate_path_refused);
  if (!route->admits_method(request.gated->method)) throw Failure(errors::gate_method_refused);
  if (!route->admits_address(request.remote_address)) throw Failure(errors::gate_network_refused);
}

void check_caller(const auth::Principal& caller, const GateRoute& route) {
  if (!route.admits_caller(caller)) throw Failure(errors::gate_caller_refused);
  if (!route.admits_tenant(caller)) throw Failure(errors::gate_tenant_refused);
  if (route.admits_scopes(caller)) return;
  throw Failure(auth::errors::insufficient_scope)
      .challenge(auth::bearer_challenge("insufficient_scope", {}, joined(route.policy.scopes)));
}

void check_session(db::Connection& connection, const auth::Principal& user) {
  if (store::session_lives(connection, user.tenant_id, user.user_id, user.session_id)) return;
  throw Failure(auth::errors::session_ended)
      .challenge(auth::bearer_challenge("invalid_token", "the session has ended"));
}

void add(std::vector<Header>& headers, std::string_view name, std::string_view value) {
  if (!value.empty()) headers.push_back({name, std::string(value)});
}

}  // namespace

Gate::Gate(fcgi::Platform& platform)
    : platform_(platform),
      routes_(platform.authenticator.epochs()),
      decisions_(static_cast<std::size_t>(platform.settings.cache_entries)),
      proven_(requests_under_way) {}

http::Response Gate::decide(Call& call) {
  const http::Request& request = call.request;
  if (!request.gated) throw Failure(http::errors::route_not_found);
  call.audit().resource_type = "gate_route";
  if (gate::valid_name(request.gated->route)) call.audit().resource_id = request.gated->route;

  auth::EpochWatch& epochs = platform_.authenticator.epochs();
  epochs.ensure_fresh(call.database());
  const std::int64_t epoch = epochs.of_all();
  const auto route = routes_.find(request.gated->route, call.database());
  check_request(request, route.get());

  const std::string key = memory_key(request);
  const bool proves = !shows_all(request.authorization);
  auth::Cache<Admitted>& memory = proves ? proven_ : decisions_;
  const std::int64_t valid_in = proves ? 0 : epoch;  // a request is decided on once
  Pointer admitted = memory.find(key, valid_in);
  if (admitted && admitted->until > call.now) {
    call.admit(admitted->caller);
  } else {
    admitted = judge(call, *route);
    memory.put(key, admitted, valid_in);
  }
  if (const auto& rate = route->policy.rate) call.admit_at(route->policy.name, *rate);
  return {200, {}, admitted->identity};
}

Gate::Pointer Gate::judge(Call& call, const GateRoute& route) {
  const auth::Principal caller = call.authenticate(platform_.authenticator, route.access);
  call.admit(caller);
  check_caller(caller, route);
  Time until = call.now + longest_memory;
  if (!caller.is(Credential::service_token)) {
    // Half: what is asked again has to be answered, too, within the time that caches are believed.
    until = call.now + std::min(longest_memory, platform_.settings.cache_max_stale / 2);
  }
  if (caller.is(Credential::user_token)) check_session(call.database(), caller);
  if (!caller.token_id.empty()) until = std::min(until, caller.expires_at);
  return std::make_shared<const Admitted>(caller, identity_of(call, route), until);
}

std::vector<Header> Gate::identity_of(Call& call, const GateRoute& route) const {
  const auth::Principal& caller = call.caller;
  const std::string_view kind = audit::actor_kind(caller);
  const std::string scope = joined(caller.scopes);
  // Of a client that acts for a user the user is the subject, as in its token.
  const std::string& subject = caller.user_id.empty() ? caller.id() : caller.user_id;
  const auth::AssertionClaims claims{.subject = subject,
                                     .kind = kind,
                                     .client_id = caller.client_id,
                                     .tenant_id = caller.tenant_id,
                                     .scope = scope,
                                     .audience = route.policy.audience,
                                     .route = route.policy.name,
                                     .method = call.request.gated->method};
  std::vector<Header> headers;
  add(headers, "Gatehouse-Caller-Kind", kind);
  add(headers, "Gatehouse-Caller", subject);
  add(headers, "Gatehouse-Client", caller.client_id);
  add(headers, "Gatehouse-User", caller.user_id);
  add(headers, "Gatehouse-Tenant", caller.tenant_id);
  add(headers, "Gatehouse-Scope", scope);
  add(headers, "Gatehouse-Assertion",
      platform_.authenticator.issuer().issue(claims, call.now, call.database()));
  if (route.policy.keep_authorization) add(headers, "Gatehouse-Keep-Authorization", "1");
  return headers;
}

}  // namespace gatehouse::tokens
