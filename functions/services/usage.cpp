#include "services/usage.h"

#include <chrono>

#include "http/input.h"
#include "json/write.h"
#include "services/errors.h"
#include "services/store.h"

namespace gatehouse::services {
namespace {

constexpr std::int64_t usual_days = 30, most_days = 365;

/// Of a grant the day is enough: its tokens live on.
std::string day_of(Time time) {
  return iso8601(time).substr(0, 10);
}

void write_secret(json::Writer& out, const Used& secret) {
  out.begin_object().member("secret_id", secret.name).member("created_at", iso8601(secret.since));
  if (secret.expires_at) out.member("expires_at", iso8601(*secret.expires_at));
  if (secret.last_used_at) out.member("last_used_at", iso8601(*secret.last_used_at));
  out.end_object();
}

void write_scope(json::Writer& out, const Used& scope) {
  out.begin_object().member("scope", scope.name).member("granted_at", iso8601(scope.since));
  if (scope.last_used_at) out.member("last_used_on", day_of(*scope.last_used_at));
  out.end_object();
}

}  // namespace

http::Response show_usage(http::Call& call) {
  const http::Query query(call.request.query, {"days"});
  const std::chrono::days days(query.integer("days", usual_days, 1, most_days));
  const auto report = store::usage(call.database(), call.parameter(0), call.now);
  if (!report) throw Failure(errors::client_not_found);

  json::Writer out;
  out.begin_object().member("client_id", call.parameter(0));
  if (report->last_used_at) out.member("last_used_at", iso8601(*report->last_used_at));
  out.key("secrets").begin_array();
  for (const Used& secret : report->secrets) write_secret(out, secret);
  out.end_array().key("scopes").begin_array();
  for (const Used& scope : report->scopes) write_scope(out, scope);
  out.end_array().key("unused_scopes").begin_array();
  for (const Used& scope : report->scopes) {
    if (!scope.last_used_at || *scope.last_used_at < call.now - days) out.string(scope.name);
  }
  out.end_array().end_object();
  return {200, out.take(), {}};
}

}  // namespace gatehouse::services
