#include "webhooks/delivery_handlers.h"

#include <algorithm>
#include <array>

#include "core/ids.h"
#include "http/call.h"
#include "http/input.h"
#include "http/page.h"
#include "webhooks/delivery.h"
#include "webhooks/endpoint.h"
#include "webhooks/errors.h"
#include "webhooks/pattern.h"

namespace gatehouse::webhooks {
namespace {

using http::Body;
using http::Call;
using http::Idempotency;
using http::Method;
using http::Response;

constexpr std::size_t id_limit = 64, moment_limit = 40;
constexpr std::array<std::string_view, 4> states{"pending", "delivered", "dead_letter",
                                                 "cancelled"};

/// What a filter was given, as text, wherever it came from.
using Given = std::optional<std::string>;

std::optional<Time> moment(const Given& text) {
  if (!text) return std::nullopt;
  const auto time = from_iso8601(*text);
  if (!time) throw Failure(errors::delivery_times_invalid);
  return time;
}

DeliveryFilter filter_of(Given endpoint, Given type, const Given& since, const Given& until) {
  if (endpoint && !is_id("whk_", *endpoint)) throw Failure(errors::endpoint_not_found);
  if (type && !is_pattern(*type)) throw Failure(errors::type_invalid);
  return {.endpoint_id = std::move(endpoint),
          .state = {},
          .pattern = std::move(type),
          .since = moment(since),
          .until = moment(until)};
}

template <typename Value>
void optional(json::Writer& out, std::string_view name, const std::optional<Value>& value) {
  if (value) out.member(name, *value);
}
void optional(json::Writer& out, std::string_view name, const std::optional<Time>& time) {
  if (time) out.member(name, iso8601(*time));
}

void write_delivery(json::Writer& out, const Delivery& delivery) {
  out.begin_object()
      .member("id", delivery.id)
      .member("endpoint_id", delivery.endpoint_id)
      .member("event_id", delivery.event_id)
      .member("event_type", delivery.event_type);
  optional(out, "ordering_key", delivery.ordering_key);
  out.member("state", delivery.state)
      .member("attempts", delivery.attempts)
      .member("interrupted", delivery.interrupted);
  optional(out, "last_status", delivery.last_status);
  optional(out, "last_failure", delivery.last_failure);
  optional(out, "last_attempt_at", delivery.last_attempt_at);
  optional(out, "next_attempt_at", delivery.next_attempt_at);
  out.member("created_at", iso8601(delivery.created_at));
  optional(out, "finished_at", delivery.finished_at);
}

void write_attempt(json::Writer& out, const Attempt& attempt) {
  out.begin_object()
      .member("number", attempt.number)
      .member("at", iso8601(attempt.at))
      .member("outcome", attempt.outcome);
  optional(out, "latency_ms", attempt.latency_ms);
  optional(out, "status", attempt.status);
  optional(out, "failure", attempt.failure);
  optional(out, "answer", attempt.answer);
  out.end_object();
}

Response list(Call& call) {
  const http::Query query(call.request.query,
                          {"endpoint_id", "state", "type", "since", "until", "limit", "cursor"});
  DeliveryFilter filter = filter_of(query.text("endpoint_id"), query.text("type"),
                                    query.text("since"), query.text("until"));
  filter.state = query.text("state");
  if (filter.state && std::ranges::find(states, *filter.state) == states.end()) {
    throw Failure(errors::state_invalid);
  }
  std::optional<DeliveryPosition> before;
  if (const auto cursor = query.text("cursor")) before = parse_delivery_cursor(*cursor);
  const DeliveryPage page = list_deliveries(call.database(), call.caller.tenant_id, filter, before,
                                            http::read_limit(call, query));
  json::Writer out;
  out.begin_object().key("deliveries").begin_array();
  for (const Delivery& delivery : page.deliveries) {
    write_delivery(out, delivery);
    out.end_object();
  }
  out.end_array();
  if (page.next) out.member("next_cursor", cursor_text(*page.next));
  out.end_object();
  return {200, out.take(), {}};
}

/// Leaves out the answers of the oldest, as soon as there is more than a list may hold.
void shorten(std::vector<Attempt>& attempts) {
  std::size_t bytes = 0;
  for (auto attempt = attempts.rbegin(); attempt != attempts.rend(); ++attempt) {
    if (!attempt->answer) continue;
    json::Writer written;  // control characters take six bytes each
    written.string(*attempt->answer);
    bytes += written.text().size();
    if (bytes > http::most_list_bytes) attempt->answer.reset();
  }
}

Response show(Call& call) {
  DeliveryWithAttempts found =
      show_delivery(call.database(), call.caller.tenant_id, call.parameter(0));
  shorten(found.attempts);
  json::Writer out;
  write_delivery(out, found.delivery);
  out.key("attempts_made").begin_array();
  for (const Attempt& attempt : found.attempts) write_attempt(out, attempt);
  out.end_array().end_object();
  return {200, out.take(), {}};
}

Response send_again(Call& call) {
  resend(call.transaction(), call.caller.tenant_id, call.parameter(0));
  call.audit().resource_type = "webhook_delivery";
  call.audit().resource_id = call.parameter(0);
  json::Writer out;
  out.begin_object().member("id", call.parameter(0)).member("state", "pending").end_object();
  return {202, out.take(), {}};
}

Response redriven_response(Call& call, const DeliveryFilter& filter) {
  const std::int64_t number = redrive(call.transaction(), call.caller.tenant_id, filter);
  json::Writer detail;
  detail.begin_object().member("resent", number);
  optional(detail, "endpoint_id", filter.endpoint_id);
  optional(detail, "type", filter.pattern);
  optional(detail, "since", filter.since);
  optional(detail, "until", filter.until);
  detail.end_object();
  call.audit().detail = detail.take();
  json::Writer out;
  out.begin_object()
      .member("resent", number)
      .member("has_more", number == most_redriven)
      .end_object();
  return {202, out.take(), {}};
}

Response redrive_by_filter(Call& call) {
  const http::Input input(call.body(), {"endpoint_id", "type", "since", "until"});
  const DeliveryFilter filter = filter_of(
      input.optional_text("endpoint_id", id_limit), input.optional_text("type", longest_event_type),
      input.optional_text("since", moment_limit), input.optional_text("until", moment_limit));
  // An endpoint that is not there has nothing to send again, which would look like success.
  if (filter.endpoint_id) {
    require_enabled(call.transaction(), call.caller.tenant_id, *filter.endpoint_id);
  }
  call.audit().resource_type = "webhook_delivery";
  return redriven_response(call, filter);
}

Response recover(Call& call) {
  const http::Input input(call.body(), {"since"});
  const DeliveryFilter filter =
      filter_of(std::string(call.parameter(0)), {}, input.text("since", moment_limit), {});
  require_enabled(call.transaction(), call.caller.tenant_id, *filter.endpoint_id);
  call.audit().resource_type = "webhook_endpoint";
  call.audit().resource_id = call.parameter(0);
  return redriven_response(call, filter);
}

}  // namespace

http::Routes delivery_routes() {
  const auth::Access tenant = auth::Access::secret_key();
  return {
      {.method = Method::get, .path = "/v1/deliveries", .handle = list, .access = tenant},
      {.method = Method::get, .path = "/v1/deliveries/:id", .handle = show, .access = tenant},
      // What is sent again is no news: these raise no events.
      {.method = Method::post,
       .path = "/v1/deliveries/:id/resend",
       .handle = send_again,
       .access = tenant,
       .audit = "webhook_delivery.resent",
       .event = http::no_event,
       .idempotency = Idempotency::optional},
      {.method = Method::post,
       .path = "/v1/deliveries/redrive",
       .handle = redrive_by_filter,
       .access = tenant,
       .body = Body::json,
       .audit = "webhook_delivery.redriven",
       .event = http::no_event,
       .idempotency = Idempotency::optional},
      {.method = Method::post,
       .path = "/v1/webhooks/:id/recover",
       .handle = recover,
       .access = tenant,
       .body = Body::json,
       .audit = "webhook_endpoint.recovered",
       .event = http::no_event,
       .idempotency = Idempotency::optional},
  };
}

}  // namespace gatehouse::webhooks
