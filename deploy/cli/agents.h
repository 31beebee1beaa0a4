#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "auth/agent.h"

namespace gatehouse::cli {

/// The options of a command that makes a service, which make it an agent.
class AgentOptions {
 public:
  void add_to(CLI::App& command);

  /// What the agent may do; none: it is no agent. Throws CommandError.
  std::optional<auth::Thresholds> agent() const;

 private:
  auth::Thresholds thresholds_;
  std::string kind_ = "service";
  std::vector<std::string> maxima_;        ///< `rows=500`
  std::vector<CLI::Option*> only_agents_;  ///< options that mean nothing to a service
};

}  // namespace gatehouse::cli
