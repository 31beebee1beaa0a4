#include "webhooks/event_handlers.h"

#include "http/call.h"
#include "http/input.h"
#include "http/page.h"
#include "webhooks/errors.h"
#include "webhooks/event.h"
#include "webhooks/pattern.h"

namespace gatehouse::webhooks {
namespace {

using auth::Access;
using http::Call;
using http::Method;
using http::Response;

constexpr std::size_t id_limit = 64;
/// The data and what is round it; nginx has the same bound (nginx/functions/webhooks.conf).
constexpr std::size_t event_body = 264 * 1024UL;

/// A service that is bound to no tenant says for whom it speaks; everybody else speaks for one.
std::string publishing_tenant(const Call& call, const http::Input& input) {
  const auto named = input.optional_text("tenant_id", id_limit);
  const std::string& own = call.caller.tenant_id;
  if (own.empty()) return input.text("tenant_id", id_limit);
  if (named && *named != own) throw Failure(errors::tenant_not_found);
  return own;
}

Response publish_event(Call& call) {
  const http::Input input(call.body(), {"type", "data", "ordering_key", "tenant_id"});
  Publication wanted{
      .type = input.text("type", longest_event_type),
      .data = input.optional_object("data", longest_data).value_or("{}"),
      .ordering_key = input.optional_text("ordering_key", longest_ordering_key).value_or("")};
  const std::string tenant = publishing_tenant(call, input);
  const std::string id = publish(call.transaction(db::Scope::tenant(tenant)), call.caller, tenant,
                                 wanted, call.request.trace_id, call.now);
  json::Writer detail;
  detail.begin_object().member("type", wanted.type).end_object();
  call.audit() = {.tenant_id = tenant,
                  .resource_type = "event",
                  .resource_id = id,
                  .on_behalf_of = {},
                  .detail = detail.take()};
  json::Writer out;
  out.begin_object()
      .member("id", id)
      .member("type", wanted.type)
      .member("created_at", iso8601(call.now))
      .end_object();
  return {202, out.take(), {}};
}

void write_event(json::Writer& out, const Event& event) {
  out.begin_object()
      .member("id", event.id)
      .member("type", event.type)
      .member("created_at", iso8601(event.at));
  if (event.ordering_key) out.member("ordering_key", *event.ordering_key);
  if (event.source) out.member("source", *event.source);
  out.key("data").raw(event.data).end_object();
}

Response list_events(Call& call) {
  const http::Query query(call.request.query, {"tenant_id", "type", "limit", "cursor"});
  FeedRequest wanted{.tenant_id = call.caller.tenant_id,
                     .pattern = query.text("type"),
                     .limit = http::read_limit(call, query)};
  if (const auto asked = query.text("tenant_id")) {
    if (!wanted.tenant_id.empty() && *asked != wanted.tenant_id) {
      throw Failure(errors::tenant_not_found);
    }
    wanted.tenant_id = *asked;
  }
  if (wanted.pattern && !is_pattern(*wanted.pattern)) throw Failure(errors::type_invalid);
  if (const auto cursor = query.text("cursor")) wanted.after = parse_cursor(*cursor);
  const FeedPage page = read_feed(call.database(), wanted);
  json::Writer out;
  out.begin_object().key("events").begin_array();
  for (const Event& event : page.events) write_event(out, event);
  out.end_array()
      .member("next_cursor", cursor_text(page.last))
      .member("has_more", page.more)
      .end_object();
  return {200, out.take(), {}};
}

}  // namespace

http::Routes event_routes() {
  return {
      {.method = Method::post,
       .path = "/v1/events",
       .handle = publish_event,
       .access = Access::secret_key() | Access::service("event.publish"),
       .body = http::Body::json,
       .body_limit = event_body,
       .audit = "event.published",
       .event = http::no_event,  // but the one that is published
       .idempotency = http::Idempotency::optional},
      {.method = Method::get,
       .path = "/v1/events",
       .handle = list_events,
       .access = Access::secret_key() | Access::service("internal:admin")},
  };
}

}  // namespace gatehouse::webhooks
