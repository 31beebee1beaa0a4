#include "gate/policy.h"

#include <algorithm>

#include "core/error.h"
#include "core/ids.h"
#include "core/network.h"

namespace gatehouse::gate {
namespace {

constexpr std::size_t longest_name = 64, longest_scope = 128, longest_audience = 200;
constexpr std::size_t most_scopes = 32, most_networks = 64, most_tenants = 64;
constexpr std::int64_t most_requests = 1'000'000;
constexpr std::chrono::seconds longest_window{86400};

[[noreturn]] void refuse(std::string_view member, std::string_view what, std::string_view then) {
  throw Failure(400, std::string(member) + "_invalid",
                '"' + std::string(member) + "\" must be " + std::string(what), std::string(then));
}

bool visible(char c) {
  return c > 0x20 && c < 0x7f;
}

bool is_scope(std::string_view text) {
  return !text.empty() && text.size() <= longest_scope &&
         std::ranges::all_of(text, [](char c) { return visible(c) && c != '"' && c != '\\'; });
}

/// Each is one of `known`, and none is there twice.
template <std::size_t size>
bool chosen_from(const std::array<std::string_view, size>& known,
                 const std::vector<std::string>& items) {
  return std::ranges::all_of(items, [&](const std::string& item) {
    return std::ranges::find(known, item) != known.end() && std::ranges::count(items, item) == 1;
  });
}

bool admits(const Policy& policy, std::string_view kind) {
  return std::ranges::find(policy.callers, kind) != policy.callers.end();
}

void check_demands(const Policy& policy) {
  if (policy.scopes.size() > most_scopes || !std::ranges::all_of(policy.scopes, is_scope)) {
    refuse("scopes", "at most 32 scopes",
           "Send scope-tokens of at most 128 characters each (RFC "
           "6749 section 3.3), for example [\"orders:write\"].");
  }
  if (!policy.scopes.empty() && !admits(policy, "service") && !admits(policy, "agent")) {
    refuse("scopes", "empty where neither services nor agents are admitted",
           "Leave scopes out, or name service or agent in callers: users and keys have none.");
  }
  const auto is_network = [](const std::string& text) { return Network::parse(text).has_value(); };
  if (policy.networks.size() > most_networks || !std::ranges::all_of(policy.networks, is_network)) {
    refuse("networks", "at most 64 addresses or networks",
           "Send for example [\"10.0.0.0/8\", \"2001:db8::/32\"].");
  }
  const auto is_tenant = [](const std::string& text) { return is_id("tnt_", text); };
  if (policy.tenants.size() > most_tenants || !std::ranges::all_of(policy.tenants, is_tenant)) {
    refuse("tenants", "at most 64 ids of tenants", "Send ids that begin with tnt_.");
  }
}

void write_rules(json::Writer& out, const Policy& policy) {
  out.member("name", policy.name).member("enabled", policy.enabled);
  out.array("methods", policy.methods);
  out.array("callers", policy.callers);
  out.array("scopes", policy.scopes);
  out.member("scope_match", policy.any_scope ? "any" : "all");
  out.array("networks", policy.networks);
  out.array("tenants", policy.tenants);
  out.key("rate");
  if (policy.rate) {
    out.begin_object()
        .member("count", policy.rate->count)
        .member("window_seconds", std::int64_t{policy.rate->window.count()})
        .member("burst", policy.rate->burst)
        .end_object();
  } else {
    out.null();
  }
  out.member("audience", policy.audience).member("keep_authorization", policy.keep_authorization);
}

}  // namespace

bool valid_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= longest_name && letter(name.front()) &&
         std::ranges::all_of(name,
                             [&](char c) { return letter(c) || c == '.' || c == '_' || c == '-'; });
}

void complete(Policy& policy) {
  if (!valid_name(policy.name)) {
    refuse("name", "1 to 64 of a-z, 0-9, '.', '_' and '-', and begin with a letter or digit",
           "Choose a name as locations set it, for example \"orders.write\".");
  }
  if (policy.methods.empty() || !chosen_from(methods, policy.methods)) {
    refuse("methods", "some of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, each once",
           "Send for example [\"GET\", \"HEAD\"]; no other method passes.");
  }
  if (policy.callers.empty() || !chosen_from(caller_kinds, policy.callers)) {
    refuse("callers", "some of service, agent, user, secret_key, public_key, each once",
           "Send for example [\"service\"]; nobody else passes.");
  }
  check_demands(policy);
  if (const auto& rate = policy.rate) {
    const auto within = [](std::int64_t number) { return number >= 1 && number <= most_requests; };
    if (!within(rate->count) || !within(rate->burst) || rate->window < std::chrono::seconds(1) ||
        rate->window > longest_window) {
      refuse("rate", "count and burst from 1 to 1000000 and window_seconds from 1 to 86400",
             "Send for example {\"count\": 100, \"window_seconds\": 60, \"burst\": 20}.");
    }
  }
  if (policy.audience.empty()) policy.audience = policy.name;
  if (policy.audience.size() > longest_audience || !std::ranges::all_of(policy.audience, visible)) {
    refuse("audience", "at most 200 printable ASCII characters without spaces",
           "Send what the upstream compares \"aud\" with, or leave it out: it is the name then.");
  }
}

void write(json::Writer& out, const Policy& policy) {
  out.begin_object();
  write_rules(out, policy);
  out.member("changed_by", policy.changed_by)
      .member("updated_at", iso8601(policy.updated_at))
      .end_object();
}

std::string describe(const Policy& policy) {
  json::Writer out;
  out.begin_object();
  write_rules(out, policy);
  out.end_object();
  return out.take();
}

}  // namespace gatehouse::gate
