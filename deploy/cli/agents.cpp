#include "agents.h"

#include <charconv>

#include "auth/kills.h"
#include "session.h"

namespace gatehouse::cli {
namespace {

/// `rows=500`
std::pair<std::string, std::int64_t> parse_maximum(const std::string& text) {
  const auto equals = std::min(text.find('='), text.size());
  const char* const end = text.data() + text.size();
  std::int64_t most = -1;
  const auto [rest, error] = std::from_chars(std::min(text.data() + equals + 1, end), end, most);
  const std::string name = text.substr(0, equals);
  if (error != std::errc() || rest != end || most < 0 || most > auth::most_per_call ||
      !auth::valid_maximum_name(name)) {
    throw CommandError(text + " is no maximum", "Write it as NAME=N, say rows=500.");
  }
  return {name, most};
}

constexpr int page = 500;

/// Whom a kill or a release is about.
struct Asked {
  std::string client, tenant, reason;
  bool all = false;

  std::string target() const {
    if (all) return std::string(auth::all_agents);
    return client.empty() ? tenant : client;
  }
};

auth::KillTarget require_target(db::Transaction& transaction, const Asked& asked) {
  using Kind = auth::KillTarget::Kind;
  const std::string target = asked.target();
  const auto found = auth::find_kill_target(transaction, target);
  const bool is_client = found && (found->kind == Kind::agent || found->kind == Kind::service);
  if (!asked.client.empty() && !is_client) {
    throw CommandError("there is no agent " + target,
                       "Give its client_id, which begins with svc_.");
  }
  if (!asked.tenant.empty() && (!found || is_client)) {
    throw CommandError("there is no tenant " + target, "See `gatehouse tenant list`.");
  }
  if (found->kind == Kind::service) {
    throw CommandError(target + " is a service, not an agent",
                       "Stop it with `gatehouse service disable`.");
  }
  return *found;
}

void tell(Session& session, db::Transaction& transaction, std::string_view code,
          const auth::KillTarget& target, const Asked& asked) {
  const std::string detail = auth::describe_kill(asked.target(), asked.reason);
  record(transaction, {code, target.resource_type(), asked.target(), target.tenant_id, detail},
         session.now);
}

void kill(Session& session, const Asked& asked) {
  db::Transaction transaction(session.connection, db::Scope::platform());
  const auth::KillTarget target = require_target(transaction, asked);
  auth::Kill kill{.target = asked.target(),
                  .reason = asked.reason,
                  .killed_by = operator_name(),
                  .killed_at = session.now};
  if (!auth::add_kill(transaction, kill)) return;
  tell(session, transaction, "agent.killed", target, asked);
  transaction.commit();
}

void release(Session& session, const Asked& asked) {
  db::Transaction transaction(session.connection, db::Scope::platform());
  const auth::KillTarget target = require_target(transaction, asked);
  if (!auth::remove_kill(transaction, asked.target())) {
    throw CommandError("there is no such kill", "See `gatehouse agent list`.");
  }
  tell(session, transaction, "agent.released", target, asked);
  transaction.commit();
}

void list(const Environment& environment) {
  Session session(environment);
  std::vector<Output::Fields> rows;
  for (std::string after;;) {
    const auto found = auth::list_kills(session.connection, after, page);
    for (const auth::Kill& kill : found) {
      rows.push_back({{"target", kill.target},
                      {"reason", kill.reason},
                      {"killed_by", kill.killed_by},
                      {"killed_at", iso8601(kill.killed_at)}});
    }
    if (found.size() < page) break;
    after = found.back().target;
  }
  environment.output.list("killed", rows);
}

}  // namespace

void AgentOptions::add_to(CLI::App& command) {
  command.add_option("--kind", kind_, "service, or agent: it acts without a person looking on")
      ->check(CLI::IsMember({"service", "agent"}))
      ->capture_default_str();
  const auto add = [&](const char* name, std::int64_t& value, std::int64_t least, std::int64_t most,
                       const char* help) {
    only_agents_.push_back(command.add_option(name, value, help)
                               ->check(CLI::Range(least, most))
                               ->capture_default_str());
  };
  add("--calls-per-hour", thresholds_.calls_per_hour, 1, auth::most_calls_per_hour,
      "Of an agent: requests in an hour");
  add("--writes-per-hour", thresholds_.writes_per_hour, 0, auth::most_calls_per_hour,
      "Of an agent: changes in an hour");
  add("--rate-per-minute", thresholds_.rate_per_minute, 1, auth::most_rate_per_minute,
      "Of an agent: requests in a minute");
  only_agents_.push_back(command.add_option("--max-per-call", maxima_,
                                            "Of an agent: NAME=N, say rows=500; may be repeated"));
}

std::optional<auth::Thresholds> AgentOptions::agent() const {
  if (kind_ != "agent") {
    for (const CLI::Option* option : only_agents_) {
      if (option->count() == 0) continue;
      throw CommandError(option->get_name() + " is for agents", "Add --kind agent.");
    }
    return std::nullopt;
  }
  auth::Thresholds thresholds = thresholds_;
  for (const std::string& text : maxima_) {
    const auto [name, most] = parse_maximum(text);
    thresholds.max_per_call[name] = most;
  }
  if (thresholds.max_per_call.size() > auth::most_maxima) {
    throw CommandError("an agent has at most 16 maxima", "Leave some out.");
  }
  return thresholds;
}

void add_agent(CLI::App& app, Environment& environment) {
  auto* agent = app.add_subcommand("agent", "The kill switch of agents");
  agent->require_subcommand(1);
  auto asked = std::make_shared<Asked>();
  const auto add = [&](const char* name, const char* help, auto work) {
    auto* command = agent->add_subcommand(name, help);
    auto* target = command->add_option_group("target");
    target->add_option("--client", asked->client, "This agent");
    target->add_option("--tenant", asked->tenant, "The agents that are bound to this tenant");
    target->add_flag("--all", asked->all, "Every agent");
    target->require_option(1);
    command->callback([&environment, asked, work, done = std::string(name)] {
      Session session(environment);
      work(session, *asked);
      environment.output.object({{"target", asked->target()}, {"done", done}});
    });
    return command->add_option("--reason", asked->reason, "For the audit trail")
        ->check([](const std::string& text) {
          return text.empty() || text.size() > 200 || !valid_utf8(text)
                     ? "a reason is 1-200 bytes of UTF-8"
                     : "";
        });
  };
  add("kill", "Refuse agents and their tokens within a second", kill)->required();
  add("release", "Undo a kill", release);
  agent->add_subcommand("list", "What is stopped, by whom and why")->callback([&environment] {
    list(environment);
  });
}

}  // namespace gatehouse::cli
