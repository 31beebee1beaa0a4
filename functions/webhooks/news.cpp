#include "webhooks/news.h"

#include "core/log.h"
#include "json/write.h"
#include "outbox/change.h"

namespace gatehouse::webhooks {

void tell(db::Transaction& transaction, const std::vector<store::GivenUp>& given_up, Time now) {
  for (const store::GivenUp& one : given_up) {
    if (one.state != "dead_letter") continue;
    json::Writer data;
    data.begin_object()
        .member("delivery_id", one.delivery_id)
        .member("endpoint_id", one.endpoint_id)
        .member("event_id", one.event_id)
        .member("event_type", one.event_type)
        .member("attempts", one.attempts)
        .end_object();
    store::audit(transaction, one.tenant_id, "webhook.dead_lettered", "webhook_delivery",
                 one.delivery_id, data.text(), now);
    // Whoever cannot be told that it cannot be told would be told so for ever.
    if (one.event_type.starts_with("webhook.")) continue;
    outbox::publish(transaction,
                    outbox::Change{.type = "webhook.dead_letter",
                                   .tenant_id = one.tenant_id,
                                   .resource_type = "webhook_delivery",
                                   .resource_id = one.delivery_id,
                                   .actor_kind = "job",
                                   .actor_id = "deliver",
                                   .detail = data.text()},
                    now);
  }
}

void tell(db::Transaction& transaction, const std::vector<store::Change>& changes, Time now) {
  for (const store::Change& one : changes) {
    const std::string_view type =
        one.disabled ? "webhook_endpoint.disabled" : "webhook_endpoint.parked";
    json::Writer data;
    data.begin_object().member("endpoint_id", one.endpoint_id);
    if (one.disabled) data.member("reason", "gone");
    data.end_object();
    store::audit(transaction, one.tenant_id, type, "webhook_endpoint", one.endpoint_id, data.text(),
                 now);
    outbox::publish(transaction,
                    outbox::Change{.type = type,
                                   .tenant_id = one.tenant_id,
                                   .resource_type = "webhook_endpoint",
                                   .resource_id = one.endpoint_id,
                                   .actor_kind = "job",
                                   .actor_id = "deliver",
                                   .detail = data.text()},
                    now);
    log::warn(one.disabled ? "endpoint_disabled" : "endpoint_parked",
              {{"endpoint", std::string_view(one.endpoint_id)}});
  }
}

}  // namespace gatehouse::webhooks
