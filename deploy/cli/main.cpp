#include <algorithm>
#include <string_view>

#include "commands.h"
#include "core/settings.h"
#include "db/errors.h"

namespace {

constexpr int failed = 1, wrong_usage = 2;

int run(CLI::App& app, gatehouse::cli::Environment& environment, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    if (std::cout.flush()) return 0;
    environment.output.failure("the answer could not be written",
                               "What was asked for has been done: look before you repeat it.");
  } catch (const CLI::ParseError& error) {
    // The parser stops at the error, perhaps before it has come to --json.
    const bool json = std::any_of(argv, argv + argc, [](const char* argument) {
      return std::string_view(argument) == "--json";
    });
    if (error.get_exit_code() == 0 || !json) return app.exit(error) == 0 ? 0 : wrong_usage;
    environment.output.json = true;
    environment.output.failure(error.what(), "Run with --help for more information.");
    return wrong_usage;
  } catch (const gatehouse::cli::CommandError& error) {
    environment.output.failure(error.what(), error.next_step);
  } catch (const gatehouse::db::Unavailable& error) {
    environment.output.failure(error.what(), "Run `gatehouse config check`.");
  } catch (const gatehouse::db::InDoubt& error) {
    environment.output.failure(error.what(),
                               "The change may have been made: look before you repeat it.");
  } catch (const std::exception& error) {
    environment.output.failure(error.what(), "");
  }
  return failed;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace gatehouse;
  cli::Environment environment;
  const char* configured = std::getenv("GATEHOUSE_CONFIG");
  environment.config = configured && *configured ? configured : default_settings_path;

  CLI::App app(
      "Gatehouse's operator: schema, first credentials, services, agents, tenants, routes of\n"
      "the gate, signing keys, audit trail.\n"
      "Exit code: 0 done, 1 failed, 2 wrong usage.",
      "gatehouse");
  app.set_version_flag("--version", GATEHOUSE_VERSION);
  app.add_option("--config", environment.config, "Settings file (else $GATEHOUSE_CONFIG)")
      ->capture_default_str();
  app.add_flag("--json", environment.output.json, "Answer in JSON");
  app.require_subcommand(1);
  app.fallthrough();
  cli::add_migrate(app, environment);
  cli::add_admin(app, environment);
  cli::add_service(app, environment);
  cli::add_scope(app, environment);
  cli::add_agent(app, environment);
  cli::add_tenant(app, environment);
  cli::add_route(app, environment);
  cli::add_keys(app, environment);
  cli::add_keyring(app, environment);
  cli::add_audit(app, environment);
  cli::add_config(app, environment);
  return run(app, environment, argc, argv);
}
