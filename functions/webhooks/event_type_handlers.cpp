#include "webhooks/event_type_handlers.h"

#include "http/call.h"
#include "http/input.h"
#include "http/input_errors.h"
#include "http/page.h"
#include "webhooks/errors.h"
#include "webhooks/event_type.h"
#include "webhooks/pattern.h"

namespace gatehouse::webhooks {
namespace {

using http::Call;
using http::Idempotency;
using http::Method;
using http::Response;

constexpr std::size_t longest_description = 1000, longest_schema = 8192;

void write_type(json::Writer& out, const EventType& type) {
  out.begin_object()
      .member("name", type.name)
      .member("description", type.description)
      .member("of", type.own ? "tenant" : "platform");
  if (type.schema) out.key("schema").raw(*type.schema);
  if (type.example) out.key("example").raw(*type.example);
  out.member("created_at", iso8601(type.created_at))
      .member("updated_at", iso8601(type.updated_at))
      .end_object();
}

Response type_response(const EventType& type) {
  json::Writer out;
  write_type(out, type);
  return {200, out.take(), {}};
}

/// The name in the path; the audit row is about it.
std::string_view subject(Call& call) {
  call.audit().resource_type = "event_type";
  call.audit().resource_id = call.parameter(0);
  if (!is_event_type(call.parameter(0))) throw Failure(errors::event_type_name_invalid);
  return call.parameter(0);
}

Response list(Call& call) {
  const http::Query query(call.request.query, {"limit", "cursor"});
  const http::Page page{.limit = http::read_limit(call, query),
                        .after = query.text("cursor").value_or("")};
  if (!page.after.empty() && !is_event_type(page.after)) {
    throw Failure(http::errors::cursor_invalid);
  }
  return http::list_response(
      "event_types",
      list_event_types(call.database(), call.caller.tenant_id, page.after, page.to_read()), page,
      write_type, [](const EventType& type) { return type.name; });
}

Response show(Call& call) {
  return type_response(show_event_type(call.database(), call.caller.tenant_id, call.parameter(0)));
}

Response put(Call& call) {
  const http::Input input(call.body(), {"description", "schema", "example"});
  EventType described{.name = {},
                      .description = input.text("description", longest_description),
                      .schema = input.optional_object("schema", longest_schema),
                      .example = input.optional_object("example", longest_schema)};
  described.name = subject(call);
  return type_response(
      put_event_type(call.transaction(), call.caller.tenant_id, std::move(described), call.now));
}

Response remove(Call& call) {
  delete_event_type(call.transaction(), call.caller.tenant_id, subject(call));
  json::Writer out;
  out.begin_object().member("message", "Event type removed successfully").end_object();
  return {200, out.take(), {}};
}

}  // namespace

http::Routes event_type_routes() {
  const auth::Access tenant = auth::Access::secret_key();
  return {
      {.method = Method::get, .path = "/v1/event-types", .handle = list, .access = tenant},
      {.method = Method::get, .path = "/v1/event-types/:name", .handle = show, .access = tenant},
      {.method = Method::put,
       .path = "/v1/event-types/:name",
       .handle = put,
       .access = tenant,
       .body = http::Body::json,
       .body_limit = 32 * 1024UL,
       .audit = "event_type.described",
       .idempotency = Idempotency::optional},
      {.method = Method::del,
       .path = "/v1/event-types/:name",
       .handle = remove,
       .access = tenant,
       .audit = "event_type.removed",
       .idempotency = Idempotency::optional},
  };
}

}  // namespace gatehouse::webhooks
