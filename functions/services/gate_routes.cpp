#include "services/gate_routes.h"

#include "gate/store.h"
#include "http/input.h"
#include "http/input_errors.h"
#include "http/page.h"
#include "json/write.h"
#include "services/errors.h"

namespace gatehouse::services {
namespace {

using http::Call;
using http::Response;

constexpr std::size_t most_items = 64, longest_item = 200;
constexpr std::int64_t most_requests = 1'000'000, longest_window = 86400;

std::vector<std::string> texts(const http::Input& input, std::string_view name) {
  return input.optional_texts(name, most_items, longest_item).value_or(std::vector<std::string>());
}

limits::Rate read_rate(const json::Value& body) {
  if (!body.is(json::Kind::object)) throw Failure(errors::rate_invalid);
  const http::Input input(body, {"count", "window_seconds", "burst"});
  limits::Rate rate;
  rate.count = input.optional_integer("count", 1, most_requests).value_or(0);
  rate.window =
      std::chrono::seconds(input.optional_integer("window_seconds", 1, longest_window).value_or(1));
  rate.burst = input.optional_integer("burst", 1, most_requests).value_or(rate.count);
  return rate;
}

Response answer(const gate::Policy& policy) {
  json::Writer out;
  gate::write(out, policy);
  return {200, out.take(), {}};
}

void subject(Call& call, const std::string& name, std::string detail) {
  call.audit() = {.tenant_id = {},
                  .resource_type = "gate_route",
                  .resource_id = name,
                  .on_behalf_of = {},
                  .detail = std::move(detail)};
}

}  // namespace

gate::Policy read_gate_policy(std::string_view name, const json::Value& body) {
  const http::Input input(body, {"enabled", "methods", "callers", "scopes", "scope_match",
                                 "networks", "tenants", "rate", "audience", "keep_authorization"});
  const std::string match = input.optional_text("scope_match", longest_item).value_or("all");
  if (match != "all" && match != "any") throw Failure(errors::scope_match_invalid);
  gate::Policy policy{
      .name = std::string(name),
      .enabled = input.optional_boolean("enabled").value_or(true),
      .methods = texts(input, "methods"),
      .callers = texts(input, "callers"),
      .scopes = texts(input, "scopes"),
      .any_scope = match == "any",
      .networks = texts(input, "networks"),
      .tenants = texts(input, "tenants"),
      .rate = {},
      .audience = input.optional_text("audience", longest_item).value_or(""),
      .keep_authorization = input.optional_boolean("keep_authorization").value_or(false)};
  const json::Value* rate = body.find("rate");
  if (rate != nullptr && !rate->is(json::Kind::null)) policy.rate = read_rate(*rate);
  gate::complete(policy);
  return policy;
}

Response list_gate_routes(Call& call) {
  const http::Query query(call.request.query, {"limit", "cursor"});
  const http::Page page{.limit = http::read_limit(call, query),
                        .after = query.text("cursor").value_or("")};
  if (!page.after.empty() && !gate::valid_name(page.after)) {
    throw Failure(http::errors::cursor_invalid);
  }
  return http::list_response("routes", gate::list(call.database(), page.after, page.to_read()),
                             page, gate::write,
                             [](const gate::Policy& policy) { return policy.name; });
}

Response show_gate_route(Call& call) {
  const auto policy = gate::find(call.database(), call.parameter(0));
  if (!policy) throw Failure(errors::gate_route_not_found);
  return answer(*policy);
}

Response put_gate_route(Call& call) {
  gate::Policy policy = read_gate_policy(call.parameter(0), call.body());
  policy.changed_by = call.caller.client_id;
  policy.updated_at = call.now;
  gate::put(call.transaction(db::Scope::platform()), policy);
  subject(call, policy.name, gate::describe(policy));
  return answer(policy);
}

Response remove_gate_route(Call& call) {
  const std::string name(call.parameter(0));
  if (!gate::remove(call.transaction(db::Scope::platform()), name)) {
    throw Failure(errors::gate_route_not_found);
  }
  json::Writer out;
  out.begin_object().member("name", name).end_object();
  subject(call, name, out.take());
  json::Writer body;
  body.begin_object().member("message", "Route removed successfully").end_object();
  return {200, body.take(), {}};
}

}  // namespace gatehouse::services
