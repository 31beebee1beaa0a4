#include "services/routes.h"

#include <algorithm>
#include <iterator>
#include <memory>

#include "http/call.h"
#include "http/input.h"
#include "http/page.h"
#include "json/write.h"
#include "services/activity.h"
#include "services/catalogue.h"
#include "services/cleanup.h"
#include "services/gate_routes.h"
#include "services/handlers.h"
#include "services/input.h"
#include "services/kill_switch.h"
#include "services/render.h"
#include "services/scopes.h"
#include "services/secrets.h"
#include "services/service.h"
#include "services/usage.h"

namespace gatehouse::services {
namespace {

using auth::Access;
using http::Body;
using http::Call;
using http::Idempotency;
using http::Method;
using http::Response;
using namespace std::chrono_literals;

/// Beyond this a page costs more than the statement time-out allows; a cursor reaches further.
constexpr std::int64_t largest_offset = 1'000'000;
/// What a caller may wait for; the job has no bounds.
constexpr CleanupBounds request_bounds{.batches = 40, .span = 1s};

void subject(Call& call, const Service& service, std::string detail = "{}") {
  call.audit() = {.tenant_id = service.tenant_id.value_or(""),
                  .resource_type = "service",
                  .resource_id = service.client_id,
                  .on_behalf_of = {},
                  .detail = std::move(detail)};
}

std::string scope_detail(std::string_view scope) {
  json::Writer out;
  out.begin_object().member("scope", scope).end_object();
  return out.take();
}

/// What a service is allowed as an agent; nothing of what is none.
std::string threshold_detail(const Service& service) {
  if (!service.agent) return "{}";
  json::Writer out;
  out.begin_object().member("kind", "agent").key("thresholds");
  auth::write_thresholds(out, service.agent->thresholds);
  out.end_object();
  return out.take();
}

Response service_response(const Service& service) {
  json::Writer out;
  write_full_service(out, service);
  return {200, out.take(), {}};
}

Response enroll(fcgi::Platform& platform, const egress::Guard& guard, Call& call) {
  Registration wanted = read_registration(call.body(), guard);
  const RegisteredService made = register_service(
      call.transaction(db::Scope::platform()), platform.keyring, std::move(wanted.name),
      std::move(wanted.description), call.now, wanted.agent, std::move(wanted.authentication));
  subject(call, made.service, threshold_detail(made.service));

  json::Writer out;
  out.begin_object().member("client_id", made.service.client_id);
  if (!made.secret.empty()) out.member("client_secret", made.secret.reveal());
  out.member("service_name", made.service.name)
      .member("description", made.service.description)
      .member("created_at", iso8601(made.service.created_at));
  if (wanted.agent) {
    out.member("kind", "agent").key("thresholds");
    auth::write_thresholds(out, *wanted.agent);
  }
  out.member("message", "Service registered successfully");
  if (!made.secret.empty()) {
    out.member("warning", "Please save the client_secret securely. It will not be shown again.");
  }
  write_authentication(out, made.service.authentication);
  out.end_object();
  return {201, out.take(), {{"Cache-Control", "no-store"}}};
}

Response grant(fcgi::Platform& platform, Call& call) {
  const ScopeRequest wanted = read_scope_request(call.body());
  subject(
      call,
      grant_scope(call.transaction(db::Scope::platform()), wanted.client_id, wanted.scope,
                  call.caller.client_id, call.now, platform.settings.scope_catalogue == "closed"),
      scope_detail(wanted.scope));
  return message("Scope granted successfully");
}

Response revoke(Call& call) {
  const ScopeRequest wanted = read_scope_request(call.body());
  subject(call,
          revoke_scope(call.transaction(db::Scope::platform()), wanted.client_id, wanted.scope),
          scope_detail(wanted.scope));
  return message("Scope revoked successfully");
}

Response check(Call& call) {
  const ScopeRequest wanted = read_scope_request(call.body());
  json::Writer out;
  out.begin_object()
      .member("has_permission", has_permission(call.database(), wanted.client_id, wanted.scope))
      .end_object();
  return {200, out.take(), {}};
}

Response list(Call& call, void (*write)(json::Writer&, const Service&)) {
  const http::Page page =
      http::read_page(call, http::Query(call.request.query, {"limit", "cursor"}), "svc_");
  return http::list_response("services", list_services(call.database(), page.after, page.to_read()),
                             page, write, [](const Service& service) { return service.client_id; });
}

Response logs(Call& call) {
  const http::Query query(call.request.query, {"limit", "offset", "cursor"});
  LogPage page;
  const int limit = http::read_limit(call, query);
  page.limit = limit + 1;
  page.offset = query.integer("offset", 0, 0, largest_offset);
  if (const auto cursor = query.text("cursor")) page.before = parse_cursor(*cursor);

  auto entries = service_log(call.database(), call.parameter(0), page);
  Response response{200, {}, {}};
  // The body is a bare array, which has no room for it.
  if (entries.size() > static_cast<std::size_t>(limit)) {
    entries.pop_back();
    response.headers.push_back(
        {"X-Next-Cursor", cursor_text({entries.back().at, entries.back().id})});
  }
  json::Writer out;
  out.begin_array();
  for (const LogEntry& entry : entries) write_log_entry(out, call.parameter(0), entry);
  out.end_array();
  response.body = out.take();
  return response;
}

Response statistics(Call& call) {
  const http::Query query(call.request.query, {"since"});
  const auto span = parse_span(query.text("since").value_or("24h"));
  const Statistics found = service_statistics(call.database(), call.parameter(0), span, call.now);
  json::Writer out;
  out.begin_object()
      .member("client_id", call.parameter(0))
      .member("since", iso8601(found.since))
      .member("total_requests", found.requests)
      .key("avg_response_time")
      .decimal(found.average_response_time)
      .member("error_count", found.errors)
      .key("success_rate")
      .decimal(found.success_rate())
      .end_object();
  return {200, out.take(), {}};
}

Response cleanup(fcgi::Platform& platform, Call& call) {
  const Cleanup done = clean_up(call.database(), platform.settings, platform.clock, request_bounds);
  call.transaction();
  call.audit().resource_type = "token";
  call.audit().detail = describe(done);
  return message("Expired tokens cleaned up successfully");
}

Response change(fcgi::Platform& platform, const egress::Guard& guard, Call& call) {
  const ServiceChange wanted =
      read_service_change(call.body(), guard, platform.settings.custom_claims);
  const Service service =
      change_service(call.transaction(db::Scope::platform()), call.parameter(0), wanted, call.now);
  json::Writer detail;
  detail.begin_object().key("members").begin_array();
  for (const auto& [name, value] : call.body().members()) detail.string(name);
  detail.end_array();
  if (wanted.thresholds) {
    detail.key("thresholds");
    auth::write_thresholds(detail, service.agent->thresholds);
  }
  detail.end_object();
  subject(call, service, detail.take());
  return service_response(service);
}

Response replace_keys(Call& call) {
  const http::Input input(call.body(), {"keys"});
  ServiceChange wanted;
  wanted.authentication.jwks.emplace(read_key_set(call.body()));
  wanted.authentication.jwks_uri.emplace(std::nullopt);
  const Service service =
      change_service(call.transaction(db::Scope::platform()), call.parameter(0), wanted, call.now);
  subject(call, service);
  return service_response(service);
}

Response change_status(Call& call, std::string_view status) {
  const Service service =
      set_status(call.transaction(db::Scope::platform()), call.parameter(0), status, call.now);
  subject(call, service);
  return service_response(service);
}

Response revoke_all(Call& call) {
  const Service service =
      revoke_tokens(call.transaction(db::Scope::platform()), call.parameter(0), call.now);
  subject(call, service);
  return service_response(service);
}

}  // namespace

http::Routes routes(fcgi::Platform& platform) {
  const Access admin = Access::service(admin_scope);
  const auto guard = std::make_shared<const egress::Guard>(platform.settings);
  http::Routes table{
      {.method = Method::post,
       .path = "/v1/internal/services/register",
       .handle = [&platform, guard](Call& call) { return enroll(platform, *guard, call); },
       .access = Access::anyone(),
       .body = Body::json,
       .audit = "service.registered",
       .idempotency = Idempotency::optional,
       .rate = {"sign_up"}},
      {.method = Method::post,
       .path = "/v1/internal/services/grant-scope",
       .handle = managing([&platform](Call& call) { return grant(platform, call); }),
       .access = admin,
       .body = Body::json,
       .audit = "service.scope_granted",
       .idempotency = Idempotency::optional},
      {.method = Method::post,
       .path = "/v1/internal/services/revoke-scope",
       .handle = managing(revoke),
       .access = admin,
       .body = Body::json,
       .audit = "service.scope_revoked",
       .idempotency = Idempotency::optional},
      {.method = Method::post,
       .path = "/v1/internal/services/check-permission",
       .handle = check,
       .access = Access::service(),
       .body = Body::json},
      {.method = Method::get,
       .path = "/v1/internal/services",
       .handle = managing([](Call& call) { return list(call, write_service); }),
       .access = admin},
      {.method = Method::get,
       .path = "/v1/internal/services/:client_id/logs",
       .handle = managing(logs),
       .access = admin},
      {.method = Method::get,
       .path = "/v1/internal/services/:client_id/statistics",
       .handle = managing(statistics),
       .access = admin},
      {.method = Method::get,
       .path = "/v1/internal/services/:client_id/usage",
       .handle = managing(show_usage),
       .access = admin},
      {.method = Method::post,
       .path = "/v1/internal/services/cleanup-tokens",
       .handle = managing([&platform](Call& call) { return cleanup(platform, call); }),
       .access = admin,
       .audit = "tokens.cleaned_up",
       .event = http::no_event,
       .idempotency = Idempotency::optional},
      {.method = Method::patch,
       .path = "/v1/internal/services/:client_id",
       .handle =
           managing([&platform, guard](Call& call) { return change(platform, *guard, call); }),
       .access = admin,
       .body = Body::json,
       .audit = "service.changed",
       .idempotency = Idempotency::optional},
      {.method = Method::put,
       .path = "/v1/internal/services/:client_id/keys",
       .handle = managing(replace_keys),
       .access = admin,
       .body = Body::json,
       .audit = "service.keys_replaced",
       .idempotency = Idempotency::optional},
      {.method = Method::post,
       .path = "/v1/internal/services/:client_id/disable",
       .handle = managing([](Call& call) { return change_status(call, "disabled"); }),
       .access = admin,
       .audit = "service.disabled",
       .idempotency = Idempotency::optional},
      {.method = Method::post,
       .path = "/v1/internal/services/:client_id/enable",
       .handle = managing([](Call& call) { return change_status(call, "active"); }),
       .access = admin,
       .audit = "service.enabled",
       .idempotency = Idempotency::optional},
      {.method = Method::post,
       .path = "/v1/internal/services/:client_id/revoke-tokens",
       .handle = managing(revoke_all),
       .access = admin,
       .audit = "service.tokens_revoked",
       .idempotency = Idempotency::optional},
      {.method = Method::post,
       .path = "/v1/internal/agents/kill",
       .handle = managing(kill),
       .access = admin,
       .body = Body::json,
       .audit = "agent.killed",
       .idempotency = Idempotency::optional},
      {.method = Method::post,
       .path = "/v1/internal/agents/release",
       .handle = managing(release),
       .access = admin,
       .body = Body::json,
       .audit = "agent.released",
       .idempotency = Idempotency::optional},
      {.method = Method::get,
       .path = "/v1/internal/agents/killed",
       .handle = managing(list_killed),
       .access = admin},
      {.method = Method::get,
       .path = "/v1/internal/routes",
       .handle = managing(list_gate_routes),
       .access = admin},
      {.method = Method::get,
       .path = "/v1/internal/routes/:name",
       .handle = managing(show_gate_route),
       .access = admin},
      {.method = Method::put,
       .path = "/v1/internal/routes/:name",
       .handle = managing(put_gate_route),
       .access = admin,
       .body = Body::json,
       .audit = "gate_route.set",
       .idempotency = Idempotency::optional},
      {.method = Method::del,
       .path = "/v1/internal/routes/:name",
       .handle = managing(remove_gate_route),
       .access = admin,
       .audit = "gate_route.removed",
       .idempotency = Idempotency::optional},
      {.method = Method::get,
       .path = "/api/internal/admin/services",
       .handle = managing([](Call& call) { return list(call, write_full_service); }),
       .access = admin},
  };
  for (http::Routes more : {secret_routes(platform), catalogue_routes()}) {
    std::ranges::move(more, std::back_inserter(table));
  }
  return table;
}

}  // namespace gatehouse::services
