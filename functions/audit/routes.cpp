#include "audit/routes.h"

#include "audit/errors.h"
#include "audit/trail.h"
#include "http/call.h"
#include "http/input.h"
#include "http/page.h"
#include "http/quota.h"
#include "json/write.h"

namespace gatehouse::trail {
namespace {

using auth::Access;
using http::Call;
using http::Method;
using http::Response;

std::optional<Time> moment(const http::Query& query, std::string_view name) {
  const auto text = query.text(name);
  if (!text) return std::nullopt;
  const auto time = from_iso8601(*text);
  if (!time) throw Failure(errors::moment_invalid);
  return time;
}

Filter read_filter(const http::Query& query, const auth::Principal& caller) {
  Filter filter{.tenant_id = readable_tenant(caller, query.text("tenant_id")),
                .event = query.text("event"),
                .actor_id = query.text("actor_id"),
                .resource_id = query.text("resource_id"),
                .outcome = query.text("outcome"),
                .from = moment(query, "from"),
                .to = moment(query, "to"),
                .before = std::nullopt};
  if (filter.outcome && *filter.outcome != "success" && *filter.outcome != "failure") {
    throw Failure(errors::outcome_invalid);
  }
  if (const auto cursor = query.text("cursor")) filter.before = parse_cursor(*cursor);
  return filter;
}

void write_entry(json::Writer& out, const Entry& entry) {
  const auto optional = [&](std::string_view name, const std::optional<std::string>& text) {
    if (text) out.member(name, *text);
  };
  out.begin_object().member("id", entry.id).member("created_at", iso8601(entry.at));
  optional("tenant_id", entry.tenant_id);
  out.member("event", entry.event).member("outcome", entry.outcome);
  optional("reason", entry.reason);
  out.member("actor_kind", entry.actor_kind);
  optional("actor_id", entry.actor_id);
  optional("on_behalf_of", entry.on_behalf_of);
  optional("source_ip", entry.source_ip);
  optional("route", entry.route);
  optional("resource_type", entry.resource_type);
  optional("resource_id", entry.resource_id);
  out.key("detail").raw(entry.detail);
  optional("trace_id", entry.trace_id);
  optional("request_id", entry.request_id);
  out.end_object();
}

Response show_trail(fcgi::Platform& platform, Call& call) {
  const http::Query query(call.request.query, {"tenant_id", "event", "actor_id", "resource_id",
                                               "outcome", "from", "to", "limit", "cursor"});
  const http::Page page{.limit = http::read_limit(call, query), .after = {}};
  const Filter filter = read_filter(query, call.caller);
  http::take_quota(call, platform.policies, "audit_export");
  return http::list_response("entries", read_trail(call.database(), filter, page.to_read()), page,
                             write_entry, [](const Entry& entry) {
                               return cursor_text({entry.at, entry.id});
                             });
}

}  // namespace

http::Routes routes(fcgi::Platform& platform) {
  return {{.method = Method::get,
           .path = "/v1/audit",
           .handle = [&platform](Call& call) { return show_trail(platform, call); },
           .access = Access::secret_key() | Access::service("internal:admin")}};
}

}  // namespace gatehouse::trail
