#include <algorithm>
#include <charconv>
#include <memory>

#include "core/error.h"
#include "gate/store.h"
#include "named_routes.h"
#include "session.h"

namespace gatehouse::cli {
namespace {

/// A policy as the options of `route set` spell it.
struct Wanted {
  gate::Policy policy;
  std::string match = "all", rate;
  std::int64_t burst = 0;
  bool disabled = false;
};

/// `100/60`: so many requests in so many seconds.
limits::Rate parse_rate(const std::string& text, std::int64_t burst) {
  std::int64_t count = 0, seconds = 0;
  const char* const end = text.data() + text.size();
  const auto [slash, error] = std::from_chars(text.data(), end, count);
  if (error == std::errc() && slash != end && *slash == '/') {
    const auto [rest, error_behind] = std::from_chars(slash + 1, end, seconds);
    if (error_behind == std::errc() && rest == end) {
      const std::chrono::seconds window(seconds);
      return {.count = count, .window = window, .burst = burst > 0 ? burst : count};
    }
  }
  throw CommandError(text + " is no rate", "Write it as REQUESTS/SECONDS, say 100/60.");
}

std::string rate_text(const gate::Policy& policy) {
  if (!policy.rate) return {};
  return std::to_string(policy.rate->count) + '/' + std::to_string(policy.rate->window.count()) +
         " burst " + std::to_string(policy.rate->burst);
}

Output::Fields fields_of(const gate::Policy& policy) {
  return {{"name", policy.name},
          {"enabled", policy.enabled ? "yes" : "no"},
          {"methods", joined(policy.methods)},
          {"callers", joined(policy.callers)},
          {"scopes", joined(policy.scopes)},
          {"scope_match", policy.any_scope ? "any" : "all"},
          {"networks", joined(policy.networks)},
          {"tenants", joined(policy.tenants)},
          {"rate", rate_text(policy)},
          {"audience", policy.audience},
          {"keep_authorization", policy.keep_authorization ? "yes" : "no"},
          {"changed_by", policy.changed_by},
          {"updated_at", iso8601(policy.updated_at)}};
}

void tell(Session& session, db::Transaction& transaction, std::string_view code,
          const std::string& name, const std::string& detail) {
  record(transaction, {code, "gate_route", name, {}, detail}, session.now);
}

void set(const Environment& environment, const Wanted& wanted) {
  gate::Policy policy = wanted.policy;
  policy.enabled = !wanted.disabled;
  policy.any_scope = wanted.match == "any";
  if (!wanted.rate.empty()) policy.rate = parse_rate(wanted.rate, wanted.burst);
  try {
    gate::complete(policy);
  } catch (const Failure& failure) {
    throw CommandError(failure.error(), failure.next_step());
  }
  Session session(environment);
  policy.changed_by = operator_name();
  policy.updated_at = session.now;
  db::Transaction transaction(session.connection, db::Scope::platform());
  gate::put(transaction, policy);
  tell(session, transaction, "gate_route.set", policy.name, gate::describe(policy));
  transaction.commit();
  environment.output.object(fields_of(policy));
}

void remove(const Environment& environment, const std::string& name) {
  Session session(environment);
  db::Transaction transaction(session.connection, db::Scope::platform());
  if (!gate::remove(transaction, name)) {
    throw CommandError("there is no route " + name, "See `gatehouse route list`.");
  }
  json::Writer detail;
  detail.begin_object().member("name", name).end_object();
  tell(session, transaction, "gate_route.removed", name, detail.take());
  transaction.commit();
  environment.output.object({{"name", name}, {"done", "remove"}});
}

void list(const Environment& environment) {
  Session session(environment);
  std::vector<Output::Fields> rows;
  for (const gate::Policy& policy : gate::all(session.connection)) {
    rows.push_back(fields_of(policy));
  }
  std::ranges::sort(rows, {}, [](const Output::Fields& row) { return row.front().second; });
  environment.output.list("routes", rows);
}

/// What nginx's files name and nobody may pass, since there is no such policy, or everybody, since
/// nobody asks.
void check(const Environment& environment, const std::vector<std::string>& paths) {
  const std::vector<NamedRoute> named = named_routes(paths);
  Session session(environment);
  std::size_t wrong = 0;
  std::vector<Output::Fields> rows;
  for (const NamedRoute& route : named) {
    const auto policy = gate::find(session.connection, route.name);
    const char* result = route.open        ? "unprotected"
                         : !policy         ? "unknown"
                         : policy->enabled ? "ok"
                                           : "disabled";
    wrong += policy && !route.open ? 0 : 1;
    rows.push_back({{"name", route.name}, {"place", route.place}, {"result", result}});
  }
  environment.output.list("routes", rows);
  if (wrong == 0) return;
  throw CommandError(
      std::to_string(wrong) + " of the names that nginx's files set protect nothing as they are",
      "Correct those that are unknown, or make their policies with `gatehouse route set`; beside "
      "those that are unprotected, `include gatehouse/protect.conf;`.");
}

void add_set(CLI::App& route, Environment& environment) {
  auto wanted = std::make_shared<Wanted>();
  auto* command = route.add_subcommand("set", "Make a route's policy, or replace it as a whole");
  command->add_option("NAME", wanted->policy.name, "What locations set $gatehouse_route to")
      ->required();
  command->add_option("--method", wanted->policy.methods, "GET, POST ...; may be repeated")
      ->required();
  command
      ->add_option("--caller", wanted->policy.callers,
                   "service, agent, user, secret_key or public_key; may be repeated")
      ->required();
  command->add_option("--scope", wanted->policy.scopes, "That services hold; may be repeated");
  command->add_option("--scope-match", wanted->match, "all of the scopes, or any")
      ->check(CLI::IsMember({"all", "any"}))
      ->capture_default_str();
  command->add_option("--network", wanted->policy.networks, "Callers come from; may be repeated");
  command->add_option("--tenant", wanted->policy.tenants, "Callers are of; may be repeated");
  auto* rate = command->add_option("--rate", wanted->rate, "Of each caller: REQUESTS/SECONDS");
  command->add_option("--burst", wanted->burst, "At once after a pause (else as many as the rate)")
      ->needs(rate)
      ->check(CLI::Range(1, 1'000'000));
  command->add_option("--audience", wanted->policy.audience, "aud of the assertion (else NAME)");
  command->add_flag("--keep-authorization", wanted->policy.keep_authorization,
                    "Pass the caller's credential on");
  command->add_flag("--disabled", wanted->disabled, "Nobody passes");
  command->callback([&environment, wanted] { set(environment, *wanted); });
}

}  // namespace

void add_route(CLI::App& app, Environment& environment) {
  auto* route = app.add_subcommand("route", "Who may pass where nginx asks first (the gate)");
  route->require_subcommand(1);
  route->add_subcommand("list", "All routes and their policies")->callback([&environment] {
    list(environment);
  });
  add_set(*route, environment);
  auto name = std::make_shared<std::string>();
  auto* removal = route->add_subcommand("remove", "Let nobody pass any more");
  removal->add_option("NAME", *name, "Of the route")->required();
  removal->callback([&environment, name] { remove(environment, *name); });
  auto paths = std::make_shared<std::vector<std::string>>();
  auto* checking = route->add_subcommand(
      "check", "Whether each name that nginx's files set is a route, and asked for");
  checking->add_option("PATH", *paths, "Files, or folders with *.conf")->required();
  checking->callback([&environment, paths] { check(environment, *paths); });
}

}  // namespace gatehouse::cli
