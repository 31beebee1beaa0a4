#include "services.h"

#include "agents.h"
#include "auth/scope_catalogue.h"
#include "auth/scopes.h"
#include "core/ids.h"
#include "crypto/machine_secret.h"
#include "secrets.h"
#include "service_settings.h"

namespace gatehouse::cli {
namespace {

constexpr db::Statement insert_service{"cli_insert_service",
                                       "INSERT INTO services (client_id, service_name, "
                                       "description, tenant_id, system_id, env, created_at,"
                                       " updated_at, kind, calls_per_hour, writes_per_hour,"
                                       " rate_per_minute, max_per_call)"
                                       " VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9::int,"
                                       " $10::int, $11::int, $12::jsonb)"};
constexpr db::Statement set_authentication{
    "cli_set_authentication",
    "UPDATE services SET auth_method = $2, jwks = $3::jsonb, certificate_check = $4,"
    " certificate_value = $5, dpop_bound = $6::boolean, jwks_uri = $7 WHERE client_id = $1"};
constexpr db::Statement insert_secret{
    "cli_insert_secret",
    "INSERT INTO service_secrets (id, client_id, secret_hash, created_at) VALUES ($1, $2, $3, $4)"};
constexpr db::Statement insert_scope{
    "cli_insert_scope",
    "INSERT INTO service_scopes (client_id, scope, granted_at, granted_by) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT DO NOTHING"};
constexpr db::Statement delete_scope{
    "cli_delete_scope", "DELETE FROM service_scopes WHERE client_id = $1 AND scope = $2"};
// The lock that the API's changes take too, in a statement of its own: the next one's snapshot has
// to be taken after it.
constexpr db::Statement lock_changes{
    "cli_lock_services", "SELECT pg_advisory_xact_lock(hashtext('gatehouse.services'))"};
constexpr db::Statement find_service{
    "cli_find_service",
    "SELECT s.status = 'active' AND s.tenant_id IS NULL"
    "  AND EXISTS (SELECT FROM service_scopes WHERE client_id = $1 AND scope = 'internal:admin')"
    "  AND NOT EXISTS (SELECT FROM services o JOIN service_scopes g USING (client_id)"
    "                   WHERE g.scope = 'internal:admin' AND o.status = 'active'"
    "                     AND o.tenant_id IS NULL AND o.client_id <> $1) AS last_admin,"
    " s.kind, s.tenant_id"
    " FROM services s WHERE s.client_id = $1 FOR UPDATE OF s"};
constexpr db::Statement set_status{
    "cli_set_service_status",
    "UPDATE services SET status = $2, updated_at = $3 WHERE client_id = $1 AND status <> $2"};

struct Locked {
  bool last_admin;  ///< no other active service that is bound to no tenant holds internal:admin
  bool agent;
  std::string tenant_id;  ///< empty: it is bound to none
};

/// The service exists, and stays as it is until the transaction ends.
Locked lock_service(db::Transaction& transaction, const std::string& client) {
  transaction.queue(lock_changes);
  const auto found = transaction.run(find_service, {client});
  if (found.empty()) {
    throw CommandError("there is no service " + client,
                       "Give its client_id, which begins with svc_.");
  }
  return {found.boolean(0, "last_admin"), found.text(0, "kind") == "agent",
          std::string(found.text(0, "tenant_id"))};
}

void keep_last_admin(bool last_admin, const std::string& client) {
  if (!last_admin) return;
  throw CommandError(client + " is the last active service that holds internal:admin",
                     "Make another first: `gatehouse admin create`.");
}

void keep_from_agents(bool agent, std::string_view scope) {
  if (!agent || scope != admin_scope) return;
  throw CommandError("an agent cannot hold internal:admin",
                     "Grant it to a service that is no agent: an agent must not change what holds "
                     "it back.");
}

void check_scope(std::string_view scope) {
  if (auth::valid_grant(scope)) return;
  if (auth::valid_scope(scope)) {
    throw CommandError(
        "a wildcard is a prefix with .* or :* behind it, and not of internal or auth",
        "Write it as log.* or user:*, or give the full name of one scope.");
  }
  throw CommandError("a scope is 1-128 printable ASCII characters without space, \" and \\",
                     "Write it as resource:action, say users:read.");
}

/// With a closed catalogue.
void check_catalogue(const Session& session, db::Transaction& transaction,
                     const std::string& scope) {
  if (session.settings.scope_catalogue != "closed" || auth::is_catalogued(transaction, scope)) {
    return;
  }
  throw CommandError("the catalogue does not list the scope " + scope,
                     "Describe it with `gatehouse scope put` first.");
}

std::string scope_detail(std::string_view scope) {
  json::Writer writer;
  writer.begin_object().member("scope", scope).end_object();
  return writer.take();
}

void grant(Session& session, const std::string& client, const std::string& scope) {
  check_scope(scope);
  db::Transaction transaction(session.connection, db::Scope::platform());
  const Locked service = lock_service(transaction, client);
  keep_from_agents(service.agent, scope);
  check_catalogue(session, transaction, scope);
  transaction.queue(insert_scope, {client, scope, session.now, operator_name()});
  record(transaction,
         {"service.scope_granted", "service", client, service.tenant_id, scope_detail(scope)},
         session.now);
  transaction.commit();
}

void revoke(Session& session, const std::string& client, const std::string& scope) {
  db::Transaction transaction(session.connection, db::Scope::platform());
  const Locked service = lock_service(transaction, client);
  keep_last_admin(service.last_admin && scope == admin_scope, client);
  if (transaction.run(delete_scope, {client, scope}).affected() == 0) {
    throw CommandError(client + " does not hold the scope " + scope, "");
  }
  record(transaction,
         {"service.scope_revoked", "service", client, service.tenant_id, scope_detail(scope)},
         session.now);
  transaction.commit();
}

void change_status(Session& session, const std::string& client, const std::string& status) {
  db::Transaction transaction(session.connection, db::Scope::platform());
  const Locked service = lock_service(transaction, client);
  keep_last_admin(service.last_admin && status != "active", client);
  if (transaction.run(set_status, {client, status, session.now}).affected() == 0) return;
  record(transaction,
         {status == "active" ? "service.enabled" : "service.disabled", "service", client,
          service.tenant_id},
         session.now);
  transaction.commit();
}

}  // namespace

Credentials register_service(Session& session, const NewService& service) {
  if (service.name.empty() || service.name.size() > 255 || !valid_utf8(service.name)) {
    throw CommandError("a service's name is 1-255 bytes of UTF-8", "Give one with --name.");
  }
  for (const auto& scope : service.scopes) {
    check_scope(scope);
    keep_from_agents(service.agent.has_value(), scope);
  }
  const ServiceAuthentication& shown = service.authentication;
  auto jwks_uri = shown.jwks_uri;
  if (jwks_uri) jwks_uri = require_key_url(session.settings, *jwks_uri);
  Credentials made{make_id("svc_", session.now), {}};
  db::Transaction transaction(session.connection, db::Scope::platform());
  const auth::AgentColumns agent(service.agent ? &*service.agent : nullptr);
  transaction.queue(insert_service,
                    {made.client_id, service.name, service.description, service.tenant_id,
                     service.system_id, service.env, session.now, agent.kind, agent.calls_per_hour,
                     agent.writes_per_hour, agent.rate_per_minute, agent.max_per_call});
  transaction.queue(set_authentication,
                    {made.client_id, shown.method, shown.jwks, shown.certificate_check,
                     shown.certificate_value, shown.dpop_bound, jwks_uri});
  if (shown.by_secret()) {
    made.client_secret = crypto::make_machine_secret("secret_");
    const auto hash = crypto::machine_secret_hash(session.keyring(), made.client_secret.reveal());
    transaction.queue(insert_secret,
                      {make_id("sct_", session.now), made.client_id, hash, session.now});
  }
  json::Writer detail;
  detail.begin_object().key("scopes").begin_array();
  for (const auto& scope : service.scopes) {
    check_catalogue(session, transaction, scope);
    transaction.queue(insert_scope, {made.client_id, scope, session.now, operator_name()});
    detail.string(scope);
  }
  detail.end_array();
  if (service.agent) {
    detail.member("kind", "agent").key("thresholds");
    auth::write_thresholds(detail, *service.agent);
  }
  detail.end_object();
  record(transaction,
         {"service.registered", "service", made.client_id, service.tenant_id.value_or(""),
          detail.take()},
         session.now);
  try {
    transaction.commit();
  } catch (const db::StatementError& error) {
    if (error.sqlstate() != "23503") throw;
    throw CommandError("there is no tenant " + service.tenant_id.value_or(""),
                       "See `gatehouse tenant list`.");
  }
  return made;
}

void add_service(CLI::App& app, Environment& environment) {
  auto* service = app.add_subcommand("service", "Machine clients and what they may do");
  service->require_subcommand(1);

  struct Arguments {
    NewService made;
    AgentOptions agent;
    AuthenticationOptions authentication;
    std::string client, scope, output;
  };
  auto given = std::make_shared<Arguments>();

  auto* make = service->add_subcommand(
      "register", "Make a service; shows its secret, if it has one, this once");
  make->add_option("--name", given->made.name, "What people call it")->required();
  make->add_option("--description", given->made.description, "What it is for");
  make->add_option("--tenant", given->made.tenant_id, "The tenant it acts for");
  make->add_option("--system-id", given->made.system_id, "The claim systemId of its tokens");
  make->add_option("--env", given->made.env, "The claim env of its tokens");
  make->add_option("--scope", given->made.scopes, "A scope to grant; may be repeated");
  make->add_option("--output", given->output, "Write the credentials to this new file (mode 0600)");
  given->agent.add_to(*make);
  given->authentication.add_to(*make);
  make->callback([&environment, given] {
    given->made.agent = given->agent.agent();
    given->made.authentication = given->authentication.finish();
    register_and_hand_out(environment, given->made, given->output);
  });

  const auto add = [&](const char* name, const char* help, bool with_scope, auto work) {
    auto* command = service->add_subcommand(name, help);
    command->add_option("CLIENT", given->client, "client_id of the service")->required();
    if (with_scope) command->add_option("SCOPE", given->scope, "The scope")->required();
    command->callback([&environment, given, work, done = std::string(name), with_scope] {
      Session session(environment);
      work(session, *given);
      Output::Fields said{{"client_id", given->client}, {"done", done}};
      if (with_scope) said.emplace_back("scope", given->scope);
      environment.output.object(said);
    });
  };
  add("grant", "Let a service do more", true,
      [](Session& session, const Arguments& with) { grant(session, with.client, with.scope); });
  add("revoke", "Let it do less; its tokens lose the scope within a second", true,
      [](Session& session, const Arguments& with) { revoke(session, with.client, with.scope); });
  add("disable", "Refuse the service and its tokens within a second", false,
      [](Session& session, const Arguments& with) {
        change_status(session, with.client, "disabled");
      });
  add("enable", "Undo disable", false, [](Session& session, const Arguments& with) {
    change_status(session, with.client, "active");
  });
  add_service_settings(*service, environment);
  add_secret(*service, environment);
}

}  // namespace gatehouse::cli
