#include "auth/scope_catalogue.h"
#include "session.h"

namespace gatehouse::cli {
namespace {

constexpr int page = 500;

void list(const Environment& environment) {
  Session session(environment);
  std::vector<Output::Fields> rows;
  for (std::string after;;) {
    const auto found = auth::list_scopes(session.connection, after, page);
    for (const auth::CataloguedScope& scope : found) {
      rows.push_back({{"name", scope.name}, {"description", scope.description}});
    }
    if (found.size() < page) break;
    after = found.back().name;
  }
  environment.output.list("scopes", rows);
}

void put(const Environment& environment, const std::string& name, const std::string& description) {
  if (!auth::valid_catalogue_name(name)) {
    throw CommandError(name + " is no name for a scope",
                       "Write it as user:read or log.push, or as a wildcard: log.*");
  }
  Session session(environment);
  db::Transaction transaction(session.connection, db::Scope::platform());
  auth::put_scope(transaction, name, description, session.now);
  record(transaction, {"scope.described", "scope", name}, session.now);
  transaction.commit();
  environment.output.object({{"scope", name}, {"done", "put"}});
}

void remove(const Environment& environment, const std::string& name) {
  Session session(environment);
  db::Transaction transaction(session.connection, db::Scope::platform());
  if (!auth::remove_scope(transaction, name)) {
    throw CommandError("the catalogue has no scope " + name, "See `gatehouse scope list`.");
  }
  record(transaction, {"scope.removed", "scope", name}, session.now);
  transaction.commit();
  environment.output.object({{"scope", name}, {"done", "remove"}});
}

}  // namespace

void add_scope(CLI::App& app, Environment& environment) {
  auto* scope = app.add_subcommand("scope", "The catalogue of scopes");
  scope->require_subcommand(1);
  struct Asked {
    std::string name, description;
  };
  auto asked = std::make_shared<Asked>();
  scope->add_subcommand("list", "All that are described")->callback([&environment] {
    list(environment);
  });
  auto* describe = scope->add_subcommand("put", "Describe a scope, for the first time or anew");
  describe->add_option("NAME", asked->name, "The scope, or a wildcard")->required();
  describe->add_option("--description", asked->description, "What it lets a service do")
      ->required()
      ->check([](const std::string& text) {
        return text.empty() || text.size() > auth::longest_scope_description || !valid_utf8(text)
                   ? "a description is 1-1000 bytes of UTF-8"
                   : "";
      });
  describe->callback([&environment, asked] { put(environment, asked->name, asked->description); });
  auto* forget = scope->add_subcommand("remove", "Take it out; who holds it keeps it");
  forget->add_option("NAME", asked->name, "The scope")->required();
  forget->callback([&environment, asked] { remove(environment, asked->name); });
}

}  // namespace gatehouse::cli
