#pragma once

#include <CLI/CLI.hpp>
#include <stdexcept>
#include <string>

#include "output.h"

namespace gatehouse::cli {

/// The command did not do what it was asked; what() says why, `next_step` what to do about it.
class CommandError : public std::runtime_error {
 public:
  CommandError(const std::string& what, std::string then)
      : runtime_error(what), next_step(std::move(then)) {}
  std::string next_step;
};

/// What every command is given.
struct Environment {
  std::string config;  ///< path of the settings file
  Output output;
};

/// Each adds its commands to `app`. A command's callback does the whole work and throws:
/// CommandError, SettingsError, KeyringError, MigrationError, or what the db room throws.
void add_migrate(CLI::App& app, Environment& environment);
void add_admin(CLI::App& app, Environment& environment);
void add_service(CLI::App& app, Environment& environment);
void add_scope(CLI::App& app, Environment& environment);
void add_agent(CLI::App& app, Environment& environment);
void add_tenant(CLI::App& app, Environment& environment);
void add_route(CLI::App& app, Environment& environment);
void add_keys(CLI::App& app, Environment& environment);
void add_keyring(CLI::App& app, Environment& environment);
void add_audit(CLI::App& app, Environment& environment);
void add_config(CLI::App& app, Environment& environment);

}  // namespace gatehouse::cli
