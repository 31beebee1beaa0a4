#include "webhooks/endpoint.h"

#include "audit/event.h"
#include "core/ids.h"
#include "outbox/change.h"
#include "outbox/event.h"
#include "webhooks/errors.h"
#include "webhooks/event_type.h"
#include "webhooks/secret.h"
#include "webhooks/store.h"

namespace gatehouse::webhooks {
namespace {

Endpoint found(std::optional<Endpoint> endpoint) {
  if (!endpoint) throw Failure(errors::endpoint_not_found);
  return *std::move(endpoint);
}

}  // namespace

CreatedEndpoint create_endpoint(db::Transaction& transaction, const crypto::Keyring& keyring,
                                std::string_view tenant_id, EndpointSettings settings, Time now) {
  if (store::count_endpoints_for_change(transaction, tenant_id) >= most_endpoints) {
    throw Failure(errors::too_many_endpoints);
  }
  require_known(transaction, tenant_id, settings.event_types);
  CreatedEndpoint created;
  created.endpoint.id = make_id("whk_", now);
  created.endpoint.settings = std::move(settings);
  created.endpoint.created_at = created.endpoint.updated_at = now;
  created.secret = make_signing_secret();
  store::insert_endpoint(transaction, tenant_id, created.endpoint,
                         seal_secret(keyring, created.endpoint.id, created.secret));
  return created;
}

Endpoint change_endpoint(db::Transaction& transaction, std::string_view tenant_id,
                         std::string_view id, const EndpointChange& change, Time now) {
  if (change.empty()) throw Failure(errors::nothing_to_change);
  if (change.event_types) require_known(transaction, tenant_id, *change.event_types);
  return found(store::update_endpoint(transaction, tenant_id, id, change, now));
}

Endpoint enable_endpoint(db::Transaction& transaction, std::string_view tenant_id,
                         std::string_view id, bool enabled, Time now) {
  return found(store::update_status(transaction, tenant_id, id, enabled, now));
}

void delete_endpoint(db::Transaction& transaction, std::string_view tenant_id,
                     std::string_view id) {
  if (!store::delete_endpoint(transaction, tenant_id, id)) {
    throw Failure(errors::endpoint_not_found);
  }
}

RotatedSecret rotate_secret(db::Transaction& transaction, const crypto::Keyring& keyring,
                            std::string_view tenant_id, std::string_view id,
                            std::chrono::seconds grace, Time now) {
  RotatedSecret rotated{.secret = make_signing_secret(), .previous_until = now + grace};
  const bool overlap = grace != grace.zero();
  if (!store::replace_secret(transaction, tenant_id, id, seal_secret(keyring, id, rotated.secret),
                             overlap ? std::optional(rotated.previous_until) : std::nullopt, now)) {
    throw Failure(errors::endpoint_not_found);
  }
  return rotated;
}

void require_enabled(db::Transaction& transaction, std::string_view tenant_id,
                     std::string_view id) {
  const auto status = store::endpoint_status(transaction, tenant_id, id);
  if (!status) throw Failure(errors::endpoint_not_found);
  if (*status != "enabled") throw Failure(errors::endpoint_disabled);
}

std::string ping(db::Transaction& transaction, const auth::Principal& caller, std::string_view id,
                 std::string_view trace_id, Time now) {
  require_enabled(transaction, caller.tenant_id, id);
  const outbox::Change change{.type = "webhook_endpoint.pinged",
                              .tenant_id = caller.tenant_id,
                              .resource_type = "webhook_endpoint",
                              .resource_id = id,
                              .actor_kind = audit::actor_kind(caller),
                              .actor_id = caller.id()};
  const std::string data = outbox::describe(change);
  return outbox::publish(transaction,
                         outbox::Event{.type = change.type,
                                       .tenant_id = change.tenant_id,
                                       .data = data,
                                       .trace_id = trace_id,
                                       .endpoint_id = id},
                         now);
}

Endpoint show_endpoint(db::Connection& connection, std::string_view tenant_id,
                       std::string_view id) {
  return found(store::find_endpoint(connection, tenant_id, id));
}

std::vector<Endpoint> list_endpoints(db::Connection& connection, std::string_view tenant_id,
                                     std::string_view after, int limit) {
  return store::endpoints(connection, tenant_id, after, limit);
}

}  // namespace gatehouse::webhooks
