#include "db/migrate.h"

#include <filesystem>

#include "schema.h"
#include "session.h"

namespace gatehouse::cli {

std::string find_sql_directory() {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  // Installed: PREFIX/bin beside PREFIX/share. Built: somewhere below the sources.
  const fs::path installed = program.parent_path().parent_path() / "share/gatehouse/sql";
  if (fs::exists(installed / "bootstrap.sql", error)) return installed;
  for (fs::path folder = program.parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    if (fs::exists(folder / "sql/bootstrap.sql", error)) return folder / "sql";
  }
  return "sql";
}

namespace {

void record_applied(Session& session, const std::vector<Output::Fields>& applied) {
  if (applied.empty()) return;
  json::Writer detail;
  detail.begin_object().key("applied").begin_array();
  for (const auto& migration : applied) detail.string(migration[0].second);
  detail.end_array().end_object();
  db::Transaction transaction(session.connection, db::Scope::platform());
  record(transaction,
         {"schema.migrated", "schema", applied.back()[0].second, {}, detail.take(), false},
         session.now);
  transaction.commit();
}

}  // namespace

void add_migrate(CLI::App& app, Environment& environment) {
  auto* command =
      app.add_subcommand("migrate", "Bring the database's schema up to date (as gatehouse_owner)");
  auto directory = std::make_shared<std::string>();
  command->add_option("--sql-dir", *directory,
                      "Directory of the migrations; default: this release's");
  command->callback([&environment, directory] {
    const auto all = db::load_migrations(directory->empty() ? find_sql_directory() : *directory);
    Session session(environment);
    auto options = db::connection_options(session.settings, "gatehouse_owner");
    options.timeout = std::chrono::hours(1);  // an index on a large table takes its time
    db::Connection owner(std::move(options));
    std::vector<Output::Fields> applied;
    try {
      db::migrate(owner, all, [&](const db::Migration& migration) {
        applied.push_back({{"applied", migration.name}});
      });
    } catch (...) {
      // Those before the one that failed are there to stay.
      if (!applied.empty()) environment.output.list("migrations", applied);
      try {
        record_applied(session, applied);
      } catch (const std::exception&) {
        // The journal may be what could not be made, and the reason is what matters.
      }
      throw;
    }
    if (applied.empty() && !environment.output.json)
      return environment.output.object({{"schema", "up to date"}});
    environment.output.list("migrations", applied);
    record_applied(session, applied);
  });
}

}  // namespace gatehouse::cli
