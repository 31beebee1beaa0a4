#include "audit/event.h"

#include "core/ids.h"

namespace gatehouse::audit {
namespace {

constexpr db::Statement insert_event{
    "audit_insert",
    "INSERT INTO sys_audit_logs (id, at, tenant_id, event, outcome, actor_kind, actor_id,"
    " on_behalf_of, source_ip, route, resource_type, resource_id, detail, trace_id, request_id)"
    " VALUES ($1, $2, nullif($3, ''), $4, $5, $6, nullif($7, ''), nullif($8, ''), nullif($9, ''), "
    "$10,"
    " $11, $12, $13::jsonb, $14, $15)"};

}  // namespace

std::string_view actor_kind(const auth::Principal& actor) {
  if (actor.agent) return "agent";
  if (actor.is(auth::Credential::user_token) && !actor.client_id.empty()) return "service";
  const std::string_view name = auth::credential_name(actor.credential);
  return name.empty() ? "anonymous" : name;
}

void record(db::Transaction& transaction, const Event& event, Time now) {
  const Subject& subject = event.subject;
  transaction.queue(insert_event,
                    {make_id("aud_", now), now, subject.tenant_id, event.code, event.outcome,
                     actor_kind(event.actor), event.actor.id(), event.on_behalf_of,
                     event.remote_address, event.route, subject.resource_type, subject.resource_id,
                     subject.detail, event.trace_id, event.request_id});
}

}  // namespace gatehouse::audit
