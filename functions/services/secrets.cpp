#include "services/secrets.h"

#include "auth/client_secrets.h"
#include "http/call.h"
#include "http/input.h"
#include "json/write.h"
#include "outbox/change.h"
#include "services/errors.h"
#include "services/handlers.h"

namespace gatehouse::services {
namespace {

using auth::Access;
using auth::ClientSecret;
using auth::NewClientSecret;
using auth::SecretHolder;
using http::Body;
using http::Call;
using http::Idempotency;
using http::Method;
using http::Response;
using std::chrono::seconds;

SecretHolder lock(Call& call) {
  auto holder = auth::lock_secret_holder(call.transaction(db::Scope::platform()), call.parameter(0),
                                         call.now);
  if (!holder) throw Failure(errors::client_not_found);
  return *std::move(holder);
}

SecretHolder lock_user_of_secrets(Call& call) {
  SecretHolder holder = lock(call);
  if (!holder.needs_secret) throw Failure(errors::secret_not_used);
  return holder;
}

void require_room(std::size_t living) {
  if (living >= auth::most_client_secrets) throw Failure(errors::too_many_secrets);
}

void subject(Call& call, const SecretHolder& holder, std::string detail) {
  call.audit() = {.tenant_id = holder.tenant_id,
                  .resource_type = "service",
                  .resource_id = std::string(call.parameter(0)),
                  .on_behalf_of = {},
                  .detail = std::move(detail)};
}

std::optional<seconds> read_lifetime(const http::Input& input) {
  const auto given = input.optional_integer("expires_in", auth::shortest_secret_life.count(),
                                            auth::longest_secret_life.count());
  return given ? std::optional(seconds(*given)) : std::nullopt;
}

void write_times(json::Writer& out, const ClientSecret& secret) {
  out.member("created_at", iso8601(secret.created_at));
  if (secret.expires_at) out.member("expires_at", iso8601(*secret.expires_at));
}

Response made_response(Call& call, const NewClientSecret& made, std::optional<Time> previous) {
  json::Writer out;
  out.begin_object()
      .member("client_id", call.parameter(0))
      .member("secret_id", made.kept.id)
      .member("client_secret", made.text.reveal());
  write_times(out, made.kept);
  if (previous) out.member("previous_expires_at", iso8601(*previous));
  out.end_object();
  return {201, out.take(), {{"Cache-Control", "no-store"}}};
}

Response list(Call& call) {
  const auto holder = auth::find_secret_holder(call.database(), call.parameter(0), call.now);
  if (!holder) throw Failure(errors::client_not_found);
  json::Writer out;
  out.begin_object().member("client_id", call.parameter(0)).key("secrets").begin_array();
  for (const ClientSecret& secret : holder->secrets) {
    out.begin_object().member("secret_id", secret.id);
    write_times(out, secret);
    if (secret.last_used_at) out.member("last_used_at", iso8601(*secret.last_used_at));
    out.end_object();
  }
  out.end_array().end_object();
  return {200, out.take(), {}};
}

Response add(fcgi::Platform& platform, Call& call) {
  const http::Input input(call.body(), {"expires_in"});
  const auto lifetime = read_lifetime(input);
  const SecretHolder holder = lock_user_of_secrets(call);
  require_room(holder.secrets.size());
  const NewClientSecret made = auth::add_client_secret(call.transaction(), platform.keyring,
                                                       call.parameter(0), lifetime, call.now);
  subject(call, holder,
          auth::describe_secret(call.parameter(0), made.kept.id, made.kept.expires_at));
  return made_response(call, made, {});
}

Response rotate(fcgi::Platform& platform, Call& call) {
  const http::Input input(call.body(), {"grace_seconds", "expires_in"});
  const seconds grace(input.optional_integer("grace_seconds", 0, auth::longest_secret_grace.count())
                          .value_or(auth::usual_secret_grace.count()));
  const auto lifetime = read_lifetime(input);
  const SecretHolder holder = lock_user_of_secrets(call);
  if (grace != grace.zero()) require_room(holder.secrets.size());
  const NewClientSecret made = auth::add_client_secret(call.transaction(), platform.keyring,
                                                       call.parameter(0), lifetime, call.now);
  auth::end_other_client_secrets(call.transaction(), call.parameter(0), made.kept.id, grace,
                                 call.now);
  subject(call, holder,
          auth::describe_secret_rotation(call.parameter(0), made.kept.id, grace, holder.secrets));
  return made_response(call, made, call.now + grace);
}

Response revoke(Call& call) {
  const SecretHolder holder = lock(call);
  if (holder.find(call.parameter(1)) == nullptr) throw Failure(errors::secret_not_found);
  if (holder.needs_secret && holder.secrets.size() == 1) throw Failure(errors::last_secret);
  auth::remove_client_secret(call.transaction(), call.parameter(0), call.parameter(1));
  subject(call, holder, auth::describe_secret(call.parameter(0), call.parameter(1), {}));
  return message("Secret revoked successfully");
}

}  // namespace

http::Routes secret_routes(fcgi::Platform& platform) {
  const Access admin = Access::service(admin_scope);
  return {
      {.method = Method::get,
       .path = "/v1/internal/services/:client_id/secrets",
       .handle = managing(list),
       .access = admin},
      {.method = Method::post,
       .path = "/v1/internal/services/:client_id/secrets",
       .handle = managing([&platform](Call& call) { return add(platform, call); }),
       .access = admin,
       .body = Body::json_optional,
       .audit = "service.secret_added",
       .idempotency = Idempotency::optional},
      {.method = Method::post,
       .path = "/v1/internal/services/:client_id/secrets/rotate",
       .handle = managing([&platform](Call& call) { return rotate(platform, call); }),
       .access = admin,
       .body = Body::json_optional,
       .audit = "service.secret_rotated",
       .idempotency = Idempotency::optional},
      {.method = Method::del,
       .path = "/v1/internal/services/:client_id/secrets/:secret_id",
       .handle = managing(revoke),
       .access = admin,
       .audit = "service.secret_revoked",
       .idempotency = Idempotency::optional},
  };
}

std::int64_t tell_expiring_secrets(db::Connection& connection, std::chrono::seconds notice,
                                   int most, Time now) {
  db::Transaction transaction(connection, db::Scope::platform());
  const auto secrets = auth::take_expiring_secrets(transaction, notice, most, now);
  for (const auth::ExpiringSecret& secret : secrets) {
    const std::string data = auth::describe_secret(secret.client_id, secret.id, secret.expires_at);
    outbox::publish(transaction,
                    outbox::Change{.type = "service.secret_expiring",
                                   .tenant_id = secret.tenant_id,
                                   .resource_type = "service",
                                   .resource_id = secret.client_id,
                                   .actor_kind = "job",
                                   .actor_id = "cleanup-tokens",
                                   .detail = data},
                    now);
  }
  transaction.commit();
  return std::ssize(secrets);
}

}  // namespace gatehouse::services
