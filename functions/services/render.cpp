#include "services/render.h"

namespace gatehouse::services {
namespace {

void write_common(json::Writer& out, const Service& service) {
  out.member("client_id", service.client_id)
      .member("service_name", service.name)
      .member("description", service.description)
      .member("created_at", iso8601(service.created_at))
      .member("kind", service.agent ? "agent" : "service");
}

}  // namespace

void write_service(json::Writer& out, const Service& service) {
  out.begin_object();
  write_common(out, service);
  out.end_object();
}

void write_full_service(json::Writer& out, const Service& service) {
  out.begin_object();
  write_common(out, service);
  out.member("updated_at", iso8601(service.updated_at)).member("status", service.status);
  if (service.tenant_id) out.member("tenant_id", *service.tenant_id);
  if (service.system_id) out.member("system_id", *service.system_id);
  if (service.env) out.member("env", *service.env);
  if (service.token_lifetime) {
    out.member("token_seconds", std::int64_t{service.token_lifetime->count()});
  }
  if (service.default_scopes) out.array("default_scopes", *service.default_scopes);
  if (!service.custom_claims.empty()) out.key("custom_claims").raw(service.custom_claims);
  if (service.tokens_valid_from) {
    out.member("tokens_valid_from", iso8601(*service.tokens_valid_from));
  }
  if (service.agent) {
    out.member("killed", service.agent->killed).key("thresholds");
    auth::write_thresholds(out, service.agent->thresholds);
  }
  write_authentication(out, service.authentication);
  out.array("audiences", service.audiences);
  out.array("scopes", service.scopes);
  out.end_object();
}

void write_log_entry(json::Writer& out, std::string_view client_id, const LogEntry& entry) {
  out.begin_object()
      .member("id", entry.id)
      .member("client_id", client_id)
      .member("endpoint", entry.endpoint)
      .member("method", entry.method)
      .member("status_code", entry.status)
      .member("response_time_ms", std::int64_t{entry.took.count()})
      .member("ip_address", entry.ip_address)
      .member("user_agent", entry.user_agent)
      .member("created_at", iso8601(entry.at))
      .end_object();
}

std::string describe(const Cleanup& cleanup) {
  json::Writer out;
  out.begin_object();
  for (const auto& [kind, rows] : cleanup.deleted) out.member(kind, rows);
  out.member("partitions_made", cleanup.partitions_made)
      .member("partitions_dropped", cleanup.partitions_dropped)
      .member("secrets_told", cleanup.secrets_told)
      .member("batches", cleanup.batches)
      .member("took_ms", std::int64_t{cleanup.took.count()})
      .member("complete", cleanup.complete)
      .end_object();
  return out.take();
}

}  // namespace gatehouse::services
