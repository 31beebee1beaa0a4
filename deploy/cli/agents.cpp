#include "agents.h"

#include <charconv>

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

}  // namespace gatehouse::cli
