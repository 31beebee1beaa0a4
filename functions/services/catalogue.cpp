#include "services/catalogue.h"

#include "auth/scope_catalogue.h"
#include "http/call.h"
#include "http/input.h"
#include "http/input_errors.h"
#include "http/page.h"
#include "services/errors.h"
#include "services/handlers.h"

namespace gatehouse::services {
namespace {

using auth::CataloguedScope;
using http::Call;
using http::Idempotency;
using http::Method;
using http::Response;

void write_scope(json::Writer& out, const CataloguedScope& scope) {
  out.begin_object()
      .member("name", scope.name)
      .member("description", scope.description)
      .member("created_at", iso8601(scope.created_at))
      .member("updated_at", iso8601(scope.updated_at))
      .end_object();
}

Response scope_response(const CataloguedScope& scope) {
  json::Writer out;
  write_scope(out, scope);
  return {200, out.take(), {}};
}

/// The name in the path; the audit row is about it.
std::string_view subject(Call& call) {
  call.audit().resource_type = "scope";
  call.audit().resource_id = call.parameter(0);
  return call.parameter(0);
}

Response list(Call& call) {
  const http::Query query(call.request.query, {"limit", "cursor"});
  const http::Page page{.limit = http::read_limit(call, query),
                        .after = query.text("cursor").value_or("")};
  if (!page.after.empty() && !auth::valid_catalogue_name(page.after)) {
    throw Failure(http::errors::cursor_invalid);
  }
  return http::list_response("scopes",
                             auth::list_scopes(call.database(), page.after, page.to_read()), page,
                             write_scope, [](const CataloguedScope& scope) { return scope.name; });
}

Response show(Call& call) {
  const auto scope = auth::find_scope(call.database(), call.parameter(0));
  if (!scope) throw Failure(errors::scope_not_found);
  return scope_response(*scope);
}

Response put(Call& call) {
  const http::Input input(call.body(), {"description"});
  const std::string description = input.text("description", auth::longest_scope_description);
  const std::string_view name = subject(call);
  if (!auth::valid_catalogue_name(name)) throw Failure(errors::catalogue_name_invalid);
  return scope_response(
      auth::put_scope(call.transaction(db::Scope::platform()), name, description, call.now));
}

Response remove(Call& call) {
  if (!auth::remove_scope(call.transaction(db::Scope::platform()), subject(call))) {
    throw Failure(errors::scope_not_found);
  }
  return message("Scope removed from the catalogue");
}

}  // namespace

http::Routes catalogue_routes() {
  const auth::Access admin = auth::Access::service(admin_scope);
  return {
      {.method = Method::get,
       .path = "/v1/internal/scopes",
       .handle = managing(list),
       .access = admin},
      {.method = Method::get,
       .path = "/v1/internal/scopes/:name",
       .handle = managing(show),
       .access = admin},
      {.method = Method::put,
       .path = "/v1/internal/scopes/:name",
       .handle = managing(put),
       .access = admin,
       .body = http::Body::json,
       .audit = "scope.described",
       .idempotency = Idempotency::optional},
      {.method = Method::del,
       .path = "/v1/internal/scopes/:name",
       .handle = managing(remove),
       .access = admin,
       .audit = "scope.removed",
       .idempotency = Idempotency::optional},
  };
}

}  // namespace gatehouse::services
