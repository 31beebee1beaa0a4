#pragma once

#include <string>

#include "json/write.h"
#include "services/activity.h"
#include "services/cleanup.h"
#include "services/service.h"

namespace gatehouse::services {

/// The members of source 2's list: client_id, service_name, description, created_at; and kind.
void write_service(json::Writer& out, const Service& service);
/// These and what an administrator sets: status, scopes, tenant_id, system_id, env, audiences, ...;
/// absent where the service has none.
void write_full_service(json::Writer& out, const Service& service);
void write_log_entry(json::Writer& out, std::string_view client_id, const LogEntry& entry);

/// The counts as one JSON object, for the audit row and for the job's line.
std::string describe(const Cleanup& cleanup);

}  // namespace gatehouse::services
