#include "auth/clients.h"

#include "core/ids.h"

namespace gatehouse::auth {
namespace {

constexpr db::Statement find_client{
    "auth_find_client",
    "SELECT status = 'active' AND (tenant_id IS NULL OR tenant_is_active(tenant_id)) AS active,"
    "       tenant_id, tokens_valid_from, agent_of(s) AS agent,"
    "       array(SELECT scope FROM service_scopes WHERE client_id = s.client_id) AS scopes"
    "  FROM services s WHERE client_id = $1"};

}  // namespace

Cache<Client>::Pointer Clients::find(std::string_view client_id, db::Connection& connection) {
  const std::int64_t epoch = epochs_.of(Topic::clients);
  if (auto cached = cache_.find(client_id, epoch)) return cached;
  if (!is_id("svc_", client_id)) return nullptr;

  const db::Result rows = connection.read(db::Scope::none(), find_client, {client_id});
  if (rows.empty()) return nullptr;
  auto client = std::make_shared<Client>();
  client->active = rows.boolean(0, "active");
  client->tenant_id = rows.text(0, "tenant_id");
  client->scopes = rows.texts(0, "scopes");
  client->tokens_valid_from = rows.optional_time(0, "tokens_valid_from");
  client->agent = parse_agent(rows.text(0, "agent"));
  cache_.put(client_id, client, epoch);
  return client;
}

}  // namespace gatehouse::auth
