#include <filesystem>
#include <functional>

#include "db/migrate.h"
#include "egress/guard.h"
#include "limits/policies.h"
#include "schema.h"
#include "session.h"

namespace gatehouse::cli {
namespace {

constexpr db::Statement signing_key{
    "cli_signing_key",
    "SELECT count(*) AS keys FROM signing_keys WHERE signs_from <= now()"
    " AND (retired_at IS NULL OR retired_at > now())"};

/// One line of the report. Returns whether it went well.
bool check(std::vector<Output::Fields>& report, const char* what, const char* remedy,
           const std::function<std::string()>& work) {
  try {
    report.push_back({{"check", what}, {"result", "ok"}, {"detail", work()}, {"next_step", ""}});
    return true;
  } catch (const CommandError& error) {
    report.push_back({{"check", what},
                      {"result", "failed"},
                      {"detail", error.what()},
                      {"next_step", error.next_step}});
  } catch (const std::exception& error) {
    report.push_back(
        {{"check", what}, {"result", "failed"}, {"detail", error.what()}, {"next_step", remedy}});
  }
  return false;
}

/// A line each, with what to do below a failed one.
void show(const Output& output, const std::vector<Output::Fields>& report) {
  if (output.json) return output.list("checks", report);
  for (const Output::Fields& line : report) {
    output.line(std::string(line[1].second == "ok" ? "ok      " : "failed  ") + line[0].second +
                ": " + line[2].second);
    if (!line[3].second.empty()) output.line("        " + line[3].second);
  }
}

bool check_all(const Environment& environment, std::vector<Output::Fields>& report) {
  const auto settings = [&] {
    return load_settings(environment.config, [](const char* name) { return std::getenv(name); });
  };
  if (!check(report, "settings", "Correct the settings file.", [&] {
        settings();
        return environment.config +
               (std::filesystem::exists(environment.config) ? "" : " (absent: defaults)");
      })) {
    return false;
  }
  Session session(environment);
  bool good = check(report, "keyring",
                    "Make one with `gatehouse keyring create PATH`, name it in keyring_file.", [&] {
                      session.keyring();
                      return session.settings.keyring_file;
                    });
  good &= check(report, "limits", "Correct the file; deploy/limits.conf says what its lines mean.",
                [&]() -> std::string {
                  const std::string& path = session.settings.limits_file;
                  if (path.empty()) return "built in";
                  limits::Policies::load(path);
                  return path;
                });
  good &= check(report, "egress", "Install the package ca-certificates, or correct egress_ca_file.",
                [&] { return egress::describe_egress(session.settings); });
  static constexpr db::Statement version{"cli_version",
                                         "SELECT current_setting('server_version') AS version"};
  const bool reachable = check(report, "database",
                               "Start PostgreSQL, correct the setting `database`, and run "
                               "sql/bootstrap.sql as its superuser once.",
                               [&] {
                                 const auto row =
                                     session.connection.read(db::Scope::none(), version);
                                 return "PostgreSQL " + std::string(row.text(0, "version"));
                               });
  if (!reachable) return false;
  const bool migrated = check(report, "schema", "Run `gatehouse migrate`.", [&] {
    const auto all = db::load_migrations(find_sql_directory());
    const auto pending = db::pending_migrations(session.connection, all);
    if (!pending.empty()) {
      throw CommandError(pending.front().name + " has not been applied",
                         "Run `gatehouse migrate`.");
    }
    return all.back().name;
  });
  if (!migrated) return false;
  return check(report, "signing key", "Run `gatehouse keys rotate`.",
               [&]() -> std::string {
                 const auto row = session.connection.read(db::Scope::platform(), signing_key);
                 if (row.integer(0, "keys") == 0)
                   throw CommandError("no key signs", "Run `gatehouse keys rotate`.");
                 return "present";
               }) &&
         good;
}

}  // namespace

void add_config(CLI::App& app, Environment& environment) {
  auto* config = app.add_subcommand("config", "The installation");
  config->require_subcommand(1);
  config
      ->add_subcommand("check", "Settings, keyring, limits, egress, database, schema, signing key")
      ->callback([&environment] {
        std::vector<Output::Fields> report;
        const bool good = check_all(environment, report);
        show(environment.output, report);
        if (!good)
          throw CommandError("the installation is not ready", "Do what the failed line says.");
      });
  config->add_subcommand("list", "Every setting, its default and what it means")
      ->callback([&environment] {
        std::vector<Output::Fields> rows;
        for (const SettingInfo& setting : describe_settings()) {
          rows.push_back({{"name", std::string(setting.name)},
                          {"default", setting.default_value},
                          {"help", std::string(setting.help)}});
        }
        environment.output.list("settings", rows);
      });
}

}  // namespace gatehouse::cli
