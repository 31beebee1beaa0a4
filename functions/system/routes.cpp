#include "system/routes.h"

#include "http/call.h"
#include "json/write.h"
#include "system/readiness.h"

namespace gatehouse::system {
namespace {

using auth::Access;
using http::Call;
using http::Method;
using http::Response;

/// Answers for this process alone, so that a database that is away does not get it restarted.
Response health(Call&) {
  return {200, R"({"status":"ok"})", {{"Cache-Control", "no-store"}}};
}

Response ready(Call& call) {
  const std::int64_t migrations = applied_migrations(call.database());
  json::Writer out;
  out.begin_object()
      .member("status", "ok")
      .member("database", "ok")
      .member("migrations", migrations)
      .end_object();
  return {200, out.take(), {{"Cache-Control", "no-store"}}};
}

Response version(Call&) {
  json::Writer out;
  out.begin_object().member("version", GATEHOUSE_VERSION).member("name", "gatehouse").end_object();
  return {200, out.take(), {}};
}

}  // namespace

http::Routes routes(fcgi::Platform&) {
  return {
      {.method = Method::get, .path = "/health", .handle = health, .access = Access::anyone()},
      {.method = Method::get, .path = "/health/ready", .handle = ready, .access = Access::anyone()},
      {.method = Method::get, .path = "/version", .handle = version, .access = Access::anyone()},
  };
}

}  // namespace gatehouse::system
