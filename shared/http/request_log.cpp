#include "http/request_log.h"

#include "audit/event.h"
#include "core/log.h"

namespace gatehouse::http {
namespace {

using Value = decltype(log::Field::value);

Value text_or_null(std::string_view text) {
  return text.empty() ? Value(nullptr) : Value(text);
}

Value pattern(const Known& known) {
  return known.route == nullptr ? Value(nullptr) : Value(known.route->path);
}

log::Level level_of(int status) {
  if (status >= 500) return log::Level::error;
  return status == 401 || status == 403 || status == 429 ? log::Level::warn : log::Level::info;
}

}  // namespace

RequestLog parse_request_log(std::string_view setting) {
  if (setting == "off") return RequestLog::off;
  return setting == "errors" ? RequestLog::errors : RequestLog::all;
}

void log_request(RequestLog which, const Request& request, const Response& response,
                 const Known& known, std::chrono::microseconds database) {
  if (which == RequestLog::off || (which == RequestLog::errors && response.status < 400)) return;
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - request.received);
  const log::Level level = level_of(response.status);
  const auto line = [&](log::Fields fields) { log::write_soon(level, "request", fields); };
  const log::Field trace{"trace_id", request.trace_id};
  const log::Field id{"request_id", request.request_id};
  const log::Field method{"method", method_name(request.method)};
  const log::Field route{"route", pattern(known)};
  const log::Field kind{"caller_kind", audit::actor_kind(known.caller)};
  const log::Field caller{"caller", text_or_null(known.caller.id())};
  const log::Field tenant{"tenant", text_or_null(known.caller.tenant_id)};
  const log::Field status{"status", std::int64_t{response.status}};
  const log::Field code{"code", text_or_null(response.code)};
  const log::Field duration{"duration_us", std::int64_t{took.count()}};
  const log::Field in_database{"database_us", std::int64_t{database.count()}};
  const log::Field bytes{"body_bytes", static_cast<std::int64_t>(response.body.size())};
  if (level != log::Level::warn) {
    return line({trace, id, method, route, kind, caller, tenant, status, code, duration,
                 in_database, bytes});
  }
  line({trace,
        id,
        method,
        route,
        kind,
        caller,
        tenant,
        status,
        code,
        duration,
        in_database,
        bytes,
        {"remote_addr", request.remote_address}});
}

void log_fault(std::string_view event, const Request& request, const Known& known,
               std::string_view what, std::string_view sqlstate, std::string_view constraint) {
  log::error(event, {{"trace_id", request.trace_id},
                     {"request_id", request.request_id},
                     {"method", method_name(request.method)},
                     {"route", pattern(known)},
                     {"what", what},
                     {"sqlstate", text_or_null(sqlstate)},
                     {"constraint", text_or_null(constraint)}});
}

}  // namespace gatehouse::http
