#include "session.h"

namespace gatehouse::cli {
namespace {

constexpr int page = 500;

constexpr db::Statement list_tenants{
    "cli_list_tenants",
    "SELECT id, name, status, created_at FROM tenants WHERE id > $1 ORDER BY id LIMIT $2"};
constexpr db::Statement find_tenant{"cli_find_tenant",
                                    "SELECT status FROM tenants WHERE id = $1 FOR UPDATE"};
constexpr db::Statement set_status{"cli_set_tenant_status",
                                   "UPDATE tenants SET status = $2, updated_at = $3 WHERE id = $1"};

void list(Environment& environment) {
  Session session(environment);
  std::vector<Output::Fields> rows;
  for (std::string after;;) {
    const auto found = session.connection.read(db::Scope::platform(), list_tenants, {after, page});
    for (int row = 0; row < found.rows(); ++row) {
      after = found.text(row, "id");
      rows.push_back({{"id", after},
                      {"name", std::string(found.text(row, "name"))},
                      {"status", std::string(found.text(row, "status"))},
                      {"created_at", iso8601(found.time(row, "created_at"))}});
    }
    if (found.rows() < page) break;
  }
  environment.output.list("tenants", rows);
}

void change_status(Environment& environment, const std::string& tenant, const std::string& status) {
  Session session(environment);
  db::Transaction transaction(session.connection, db::Scope::platform());
  const auto before = transaction.run(find_tenant, {tenant});
  if (before.empty())
    throw CommandError("there is no tenant " + tenant, "See `gatehouse tenant list`.");
  if (before.text(0, "status") != status) {
    transaction.queue(set_status, {tenant, status, session.now});
    record(transaction,
           {status == "active" ? "tenant.enabled" : "tenant.disabled", "tenant", tenant, tenant},
           session.now);
    transaction.commit();
  }
  environment.output.object({{"tenant_id", tenant}, {"status", status}});
}

}  // namespace

void add_tenant(CLI::App& app, Environment& environment) {
  auto* tenant = app.add_subcommand("tenant", "Tenants");
  tenant->require_subcommand(1);
  tenant->add_subcommand("list", "All tenants")->callback([&environment] { list(environment); });
  auto id = std::make_shared<std::string>();
  const auto add = [&](const char* name, const char* help, const char* status) {
    auto* command = tenant->add_subcommand(name, help);
    command->add_option("ID", *id, "The tenant's id")->required();
    command->callback([&environment, id, status] { change_status(environment, *id, status); });
  };
  add("disable", "Refuse the tenant's keys, users and tokens within a second", "disabled");
  add("enable", "Undo disable", "active");
}

}  // namespace gatehouse::cli
