#include "webhooks/endpoint_handlers.h"

#include <algorithm>
#include <memory>

#include "core/ids.h"
#include "egress/guard.h"
#include "http/call.h"
#include "http/input.h"
#include "http/page.h"
#include "json/write.h"
#include "webhooks/endpoint.h"
#include "webhooks/errors.h"
#include "webhooks/pattern.h"

namespace gatehouse::webhooks {
namespace {

using auth::Access;
using egress::Guard;
using http::Body;
using http::Call;
using http::Idempotency;
using http::Method;
using http::Response;
using std::chrono::seconds;

constexpr std::size_t longest_url = 2048, longest_description = 1000;
constexpr std::int64_t most_concurrency = 64, most_per_second = 10000;

void subject(Call& call, std::string_view id, std::string detail = "{}") {
  call.audit() = {.tenant_id = call.caller.tenant_id,
                  .resource_type = "webhook_endpoint",
                  .resource_id = std::string(id),
                  .on_behalf_of = {},
                  .detail = std::move(detail)};
}

void write_endpoint(json::Writer& out, const Endpoint& endpoint) {
  const EndpointSettings& settings = endpoint.settings;
  out.begin_object()
      .member("id", endpoint.id)
      .member("url", settings.url)
      .member("description", settings.description)
      .array("event_types", settings.event_types)
      .member("ordered", settings.ordered)
      .member("max_concurrency", settings.max_concurrency);
  if (settings.rate_per_second) out.member("rate_per_second", *settings.rate_per_second);
  out.member("status", endpoint.status);
  if (endpoint.disabled_reason) out.member("disabled_reason", *endpoint.disabled_reason);
  out.member("parked", endpoint.parked);
  if (endpoint.failing_since) out.member("failing_since", iso8601(*endpoint.failing_since));
  if (endpoint.previous_secret_until) {
    out.member("previous_secret_expires_at", iso8601(*endpoint.previous_secret_until));
  }
  out.member("created_at", iso8601(endpoint.created_at))
      .member("updated_at", iso8601(endpoint.updated_at));
}

Response endpoint_response(const Endpoint& endpoint) {
  json::Writer out;
  write_endpoint(out, endpoint);
  out.end_object();
  return {200, out.take(), {}};
}

std::optional<std::string> read_url(const http::Input& input, const Guard& guard) {
  auto url = input.optional_text("url", longest_url);
  if (!url) return std::nullopt;
  const egress::Checked checked = guard.check(*url);
  if (checked.url) return checked.url->text;
  throw Failure(400, std::string("url") + "_invalid", "\"url\": " + std::string(checked.refusal),
                "Send the https URL where your endpoint listens, reachable from here.");
}

std::optional<std::vector<std::string>> read_patterns(const http::Input& input) {
  auto patterns = input.optional_texts("event_types", most_patterns, longest_event_type);
  if (patterns && (patterns->empty() || !std::ranges::all_of(*patterns, is_pattern))) {
    throw Failure(errors::event_types_invalid);
  }
  return patterns;
}

http::Input input_of(const json::Value& body) {
  return {body,
          {"url", "description", "event_types", "ordered", "max_concurrency", "rate_per_second"}};
}

EndpointChange read_change(const json::Value& body, const Guard& guard) {
  const http::Input input = input_of(body);
  EndpointChange change{
      .url = read_url(input, guard),
      .description = input.optional_text("description", longest_description),
      .event_types = read_patterns(input),
      .ordered = input.optional_boolean("ordered"),
      .max_concurrency = input.optional_integer("max_concurrency", 1, most_concurrency),
      .rate_per_second = {}};
  if (input.has("rate_per_second")) {
    change.rate_per_second = input.optional_integer("rate_per_second", 1, most_per_second);
  }
  return change;
}

EndpointSettings read_settings(const json::Value& body, const Guard& guard) {
  input_of(body).text("url", longest_url);  // required
  EndpointChange given = read_change(body, guard);
  if (!given.event_types) throw Failure(errors::event_types_invalid);
  return {.url = *std::move(given.url),
          .description = given.description.value_or(""),
          .event_types = *std::move(given.event_types),
          .ordered = given.ordered.value_or(false),
          .max_concurrency = given.max_concurrency.value_or(EndpointSettings().max_concurrency),
          .rate_per_second = given.rate_per_second.value_or(std::nullopt)};
}

Response create(fcgi::Platform& platform, const Guard& guard, Call& call) {
  EndpointSettings settings = read_settings(call.body(), guard);
  const CreatedEndpoint created = create_endpoint(
      call.transaction(), platform.keyring, call.caller.tenant_id, std::move(settings), call.now);
  subject(call, created.endpoint.id);
  json::Writer out;
  write_endpoint(out, created.endpoint);
  out.member("secret", created.secret.reveal()).end_object();
  return {201, out.take(), {{"Cache-Control", "no-store"}}};
}

Response list(Call& call) {
  const http::Page page =
      http::read_page(call, http::Query(call.request.query, {"limit", "cursor"}), "whk_");
  const auto write = [](json::Writer& out, const Endpoint& endpoint) {
    write_endpoint(out, endpoint);
    out.end_object();
  };
  return http::list_response(
      "endpoints",
      list_endpoints(call.database(), call.caller.tenant_id, page.after, page.to_read()), page,
      write, [](const Endpoint& endpoint) { return endpoint.id; });
}

Response show(Call& call) {
  return endpoint_response(
      show_endpoint(call.database(), call.caller.tenant_id, call.parameter(0)));
}

Response change(const Guard& guard, Call& call) {
  const EndpointChange wanted = read_change(call.body(), guard);
  json::Writer detail;
  detail.begin_object().key("changed").begin_array();
  for (const auto& [name, value] : call.body().members()) detail.string(name);
  detail.end_array().end_object();
  const Endpoint endpoint = change_endpoint(call.transaction(), call.caller.tenant_id,
                                            call.parameter(0), wanted, call.now);
  subject(call, endpoint.id, detail.take());
  return endpoint_response(endpoint);
}

Response enable(Call& call, bool enabled) {
  const Endpoint endpoint = enable_endpoint(call.transaction(), call.caller.tenant_id,
                                            call.parameter(0), enabled, call.now);
  subject(call, endpoint.id, enabled ? "{}" : R"({"reason":"requested"})");
  return endpoint_response(endpoint);
}

Response remove(Call& call) {
  delete_endpoint(call.transaction(), call.caller.tenant_id, call.parameter(0));
  subject(call, call.parameter(0));
  json::Writer out;
  out.begin_object().member("message", "Endpoint deleted successfully").end_object();
  return {200, out.take(), {}};
}

Response rotate(fcgi::Platform& platform, Call& call) {
  const http::Input input(call.body(), {"grace_seconds"});
  const seconds grace(input.optional_integer("grace_seconds", 0, longest_grace.count())
                          .value_or(usual_grace.count()));
  const RotatedSecret rotated =
      rotate_secret(call.transaction(), platform.keyring, call.caller.tenant_id, call.parameter(0),
                    grace, call.now);
  json::Writer detail;
  detail.begin_object().member("grace_seconds", std::int64_t{grace.count()}).end_object();
  subject(call, call.parameter(0), detail.take());
  json::Writer out;
  out.begin_object()
      .member("id", call.parameter(0))
      .member("secret", rotated.secret.reveal())
      .member("previous_secret_expires_at", iso8601(rotated.previous_until))
      .end_object();
  return {201, out.take(), {{"Cache-Control", "no-store"}}};
}

Response send_ping(Call& call) {
  const std::string event =
      ping(call.transaction(), call.caller, call.parameter(0), call.request.trace_id, call.now);
  subject(call, call.parameter(0));
  json::Writer out;
  out.begin_object().member("event_id", event).end_object();
  return {202, out.take(), {}};
}

}  // namespace

http::Routes endpoint_routes(fcgi::Platform& platform) {
  const auto guard = std::make_shared<const Guard>(platform.settings);
  const Access tenant = Access::secret_key();
  return {
      {.method = Method::post,
       .path = "/v1/webhooks",
       .handle = [&platform, guard](Call& call) { return create(platform, *guard, call); },
       .access = tenant,
       .body = Body::json,
       .audit = "webhook_endpoint.created",
       .idempotency = Idempotency::optional},
      {.method = Method::get, .path = "/v1/webhooks", .handle = list, .access = tenant},
      {.method = Method::get, .path = "/v1/webhooks/:id", .handle = show, .access = tenant},
      {.method = Method::patch,
       .path = "/v1/webhooks/:id",
       .handle = [guard](Call& call) { return change(*guard, call); },
       .access = tenant,
       .body = Body::json,
       .audit = "webhook_endpoint.changed",
       .idempotency = Idempotency::optional},
      {.method = Method::del,
       .path = "/v1/webhooks/:id",
       .handle = remove,
       .access = tenant,
       .audit = "webhook_endpoint.deleted",
       .idempotency = Idempotency::optional},
      {.method = Method::post,
       .path = "/v1/webhooks/:id/enable",
       .handle = [](Call& call) { return enable(call, true); },
       .access = tenant,
       .audit = "webhook_endpoint.enabled",
       .idempotency = Idempotency::optional},
      {.method = Method::post,
       .path = "/v1/webhooks/:id/disable",
       .handle = [](Call& call) { return enable(call, false); },
       .access = tenant,
       .audit = "webhook_endpoint.disabled",
       .idempotency = Idempotency::optional},
      {.method = Method::post,
       .path = "/v1/webhooks/:id/secret/rotate",
       .handle = [&platform](Call& call) { return rotate(platform, call); },
       .access = tenant,
       .body = Body::json_optional,
       .audit = "webhook_endpoint.secret_rotated",
       .idempotency = Idempotency::optional},
      {.method = Method::post,
       .path = "/v1/webhooks/:id/ping",
       .handle = send_ping,
       .access = tenant,
       .audit = "webhook_endpoint.pinged",
       .event = http::no_event,  // but one of its own
       .idempotency = Idempotency::optional},
  };
}

}  // namespace gatehouse::webhooks
