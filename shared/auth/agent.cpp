#include "auth/agent.h"

#include <algorithm>

#include "json/parse.h"

namespace gatehouse::auth {
namespace {

std::int64_t number(const json::Value& object, std::string_view name) {
  const json::Value* value = object.find(name);
  return value == nullptr ? 0 : value->as_integer().value_or(0);
}

void write_maxima(json::Writer& out, const Thresholds& thresholds) {
  out.begin_object();
  for (const auto& [name, most] : thresholds.max_per_call) out.member(name, most);
  out.end_object();
}

}  // namespace

bool valid_maximum_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::shared_ptr<const Agent> parse_agent(std::string_view text) {
  if (text.empty()) return nullptr;
  const json::Value stored = json::parse(text);
  auto agent = std::make_shared<Agent>();
  if (const auto* tenant = stored.find("tenant_id")) agent->tenant_id = tenant->as_string();
  Thresholds& thresholds = agent->thresholds;
  thresholds.calls_per_hour = number(stored, "calls_per_hour");
  thresholds.writes_per_hour = number(stored, "writes_per_hour");
  thresholds.rate_per_minute = number(stored, "rate_per_minute");
  thresholds.max_per_call.clear();
  if (const auto* maxima = stored.find("max_per_call")) {
    for (const auto& [name, value] : maxima->members()) {
      thresholds.max_per_call.emplace(name, value.as_integer().value_or(0));
    }
  }
  const auto* killed = stored.find("killed");
  agent->killed = killed == nullptr || killed->as_boolean();
  return agent;
}

void write_thresholds(json::Writer& out, const Thresholds& thresholds) {
  out.begin_object()
      .member("calls_per_hour", thresholds.calls_per_hour)
      .member("writes_per_hour", thresholds.writes_per_hour)
      .member("rate_per_minute", thresholds.rate_per_minute)
      .key("max_per_call");
  write_maxima(out, thresholds);
  out.end_object();
}

AgentColumns::AgentColumns(const Thresholds* thresholds) {
  if (thresholds == nullptr) return;
  kind = "agent";
  calls_per_hour = std::to_string(thresholds->calls_per_hour);
  writes_per_hour = std::to_string(thresholds->writes_per_hour);
  rate_per_minute = std::to_string(thresholds->rate_per_minute);
  json::Writer out;
  write_maxima(out, *thresholds);
  max_per_call = out.take();
}

}  // namespace gatehouse::auth
