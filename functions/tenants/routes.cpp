#include "tenants/routes.h"

#include "core/ids.h"
#include "http/call.h"
#include "http/input.h"
#include "http/page.h"
#include "json/write.h"
#include "tenants/errors.h"
#include "tenants/issuer.h"
#include "tenants/keys.h"
#include "tenants/signup.h"
#include "tenants/statistics.h"
#include "tenants/tenant.h"

namespace gatehouse::tenants {
namespace {

using auth::Access;
using http::Body;
using http::Call;
using http::Idempotency;
using http::Method;
using http::Response;

/// Names are shown to people: 200 bytes are enough for any.
constexpr std::size_t name_limit = 200;
constexpr std::int64_t longest_grace = 30 * 86400;
constexpr std::int64_t shortest_user_token = 60, longest_user_token = 30 * 86400;

void subject(Call& call, std::string_view type, std::string_view tenant_id, std::string_view id,
             std::string detail = "{}") {
  call.audit() = {.tenant_id = std::string(tenant_id),
                  .resource_type = std::string(type),
                  .resource_id = std::string(id),
                  .on_behalf_of = {},
                  .detail = std::move(detail)};
}

void write_tenant(json::Writer& out, const Tenant& tenant) {
  out.begin_object()
      .member("id", tenant.id)
      .member("name", tenant.name)
      .member("status", tenant.status)
      .member("password_min_length", tenant.password_min_length)
      .member("refuse_common_passwords", tenant.refuse_common_passwords)
      .member("own_issuer", tenant.own_issuer);
  if (tenant.user_token_lifetime) {
    out.member("user_token_seconds", std::int64_t{tenant.user_token_lifetime->count()});
  }
  out.member("created_at", iso8601(tenant.created_at))
      .member("updated_at", iso8601(tenant.updated_at))
      .end_object();
}

Response tenant_response(const Tenant& tenant) {
  json::Writer out;
  write_tenant(out, tenant);
  return {200, out.take(), {}};
}

Response create(fcgi::Platform& platform, Call& call) {
  require_signup_open(platform.settings, call.request.remote_address);
  const http::Input input(call.body(), {"name"});
  std::string name = input.text("name", name_limit);

  std::string id = make_id("tnt_", call.now);
  db::Transaction& transaction = call.transaction(db::Scope::tenant(id));
  const CreatedTenant created =
      create_tenant(transaction, platform.keyring, std::move(id), std::move(name), call.now);
  subject(call, "tenant", created.tenant.id, created.tenant.id);

  json::Writer out;
  out.begin_object()
      .member("id", created.tenant.id)
      .member("name", created.tenant.name)
      .member("public_key", created.public_key.reveal())
      .member("secret_key", created.secret_key.reveal())
      .member("created_at", iso8601(created.tenant.created_at))
      .end_object();
  return {201, out.take(), {{"Cache-Control", "no-store"}}};
}

Response show(Call& call) {
  const TenantCard card = show_tenant(call.database(), call.parameter(0));
  json::Writer out;
  out.begin_object()
      .member("id", card.id)
      .member("name", card.name)
      .member("api_secret_key_hash", card.secret_key_fingerprint)
      .member("api_public_key", card.public_key)
      .member("created_at", iso8601(card.created_at))
      .end_object();
  return {200, out.take(), {}};
}

crypto::PrivateKey new_signing_key(const Settings& settings) {
  return crypto::PrivateKey::generate(
      crypto::algorithm_from_name(settings.signing_algorithm).value());
}

Response change(fcgi::Platform& platform, Call& call) {
  const std::string_view id = call.parameter(0);
  require_manager(call.caller, id);
  const http::Input input(call.body(), {"name", "password_min_length", "refuse_common_passwords",
                                        "user_token_seconds", "own_issuer"});
  TenantChange wanted;
  if (input.has("name")) wanted.name = input.text("name", name_limit);
  if (const auto length = input.optional_integer("password_min_length", 6, 1024)) {
    wanted.password_min_length = static_cast<int>(*length);
  }
  wanted.refuse_common_passwords = input.optional_boolean("refuse_common_passwords");
  if (const auto seconds =
          input.optional_integer("user_token_seconds", shortest_user_token, longest_user_token)) {
    wanted.user_token_lifetime = std::chrono::seconds(*seconds);
  }
  wanted.own_issuer = input.optional_boolean("own_issuer");
  if (wanted.own_issuer && !call.caller.is(auth::Credential::service_token)) {
    throw Failure(errors::operator_required);
  }
  // Before the transaction: an RSA key takes longer than one may.
  std::optional<crypto::PrivateKey> key;
  if (wanted.own_issuer.value_or(false)) key = new_signing_key(platform.settings);
  db::Transaction& transaction = call.transaction(db::Scope::tenant(id));
  Tenant tenant = change_tenant(transaction, id, wanted, call.now);
  json::Writer detail;
  detail.begin_object();
  if (key) {
    const auto kid = open_issuer(transaction, platform.settings, platform.keyring, id, *key,
                                 platform.clock.now());
    if (kid) detail.member("opened_issuer_with", *kid);
  } else if (wanted.own_issuer) {
    close_issuer(transaction, platform.settings, id, call.now);
    detail.member("closed_issuer", true);
  }
  tenant.own_issuer = wanted.own_issuer.value_or(tenant.own_issuer);
  detail.end_object();
  subject(call, "tenant", id, id, detail.take());
  return tenant_response(tenant);
}

Response change_status(Call& call, std::string_view status) {
  const std::string_view id = call.parameter(0);
  require_manager(call.caller, id);
  const Tenant tenant = set_status(call.transaction(db::Scope::tenant(id)), id, status, call.now);
  subject(call, "tenant", id, id);
  return tenant_response(tenant);
}

Response keys(Call& call) {
  const std::string_view id = call.parameter(0);
  require_manager(call.caller, id);
  json::Writer out;
  out.begin_object().key("keys").begin_array();
  for (const Key& key : list_keys(call.database(), id, call.now)) {
    out.begin_object()
        .member("id", key.id)
        .member("kind", key.kind)
        .member("fingerprint", key.fingerprint);
    if (!key.public_key.empty()) out.member("public_key", key.public_key);
    out.member("created_at", iso8601(key.created_at));
    if (key.expires_at) out.member("expires_at", iso8601(*key.expires_at));
    out.end_object();
  }
  out.end_array().end_object();
  return {200, out.take(), {}};
}

Response rotate(fcgi::Platform& platform, Call& call, KeyKind kind) {
  const std::string_view id = call.parameter(0);
  require_manager(call.caller, id);
  const http::Input input(call.body(), {"grace_seconds"});
  const std::chrono::seconds grace(
      input.optional_integer("grace_seconds", 0, longest_grace).value_or(86400));

  const NewKey made = rotate_key(call.transaction(db::Scope::tenant(id)), platform.keyring, id,
                                 kind, grace, call.now);
  json::Writer detail;
  detail.begin_object()
      .member("kind", kind_name(kind))
      .member("grace_seconds", std::int64_t{grace.count()})
      .end_object();
  subject(call, "tenant_key", id, made.id, detail.take());

  json::Writer out;
  out.begin_object()
      .member("id", made.id)
      .member("kind", kind_name(kind))
      .member("key", made.key.reveal())
      .member("fingerprint", made.fingerprint)
      .member("created_at", iso8601(made.created_at))
      .member("previous_expires_at", iso8601(*made.previous_expires_at))
      .end_object();
  return {201, out.take(), {{"Cache-Control", "no-store"}}};
}

Response statistics(Call& call) {
  const std::string_view id = call.parameter(0);
  require_manager(call.caller, id);
  const http::Query query(call.request.query, {"days"});
  const int days = static_cast<int>(query.integer("days", 30, 1, 365));
  const Statistics found = tenant_statistics(call.database(), id, days, call.now);
  json::Writer out;
  out.begin_object()
      .member("tenant_id", id)
      .member("since", iso8601(found.since))
      .member("total_users", found.users)
      .member("disabled_users", found.disabled_users)
      .member("verified_users", found.verified_users)
      .member("active_users", found.active_users)
      .member("open_sessions", found.open_sessions)
      .key("days")
      .begin_array();
  for (const Statistics::Day& day : found.days) {
    out.begin_object()
        .member("date", day.date)
        .member("registrations", day.registrations)
        .member("logins", day.logins)
        .end_object();
  }
  out.end_array().end_object();
  return {200, out.take(), {}};
}

Response list(Call& call) {
  const http::Page page =
      http::read_page(call, http::Query(call.request.query, {"limit", "cursor"}), "tnt_");
  return http::list_response("tenants",
                             list_tenants(call.database(), call.caller, page.after, page.to_read()),
                             page, write_tenant, [](const Tenant& tenant) { return tenant.id; });
}

}  // namespace

http::Routes routes(fcgi::Platform& platform) {
  const Access manager = Access::secret_key() | Access::service("internal:admin");
  const auto rotation = [&platform](KeyKind kind) {
    return [&platform, kind](Call& call) { return rotate(platform, call, kind); };
  };
  return {
      {.method = Method::post,
       .path = "/v1/tenants",
       .handle = [&platform](Call& call) { return create(platform, call); },
       .access = Access::anyone(),
       .body = Body::json,
       .audit = "tenant.created",
       .idempotency = Idempotency::optional,
       .rate = {"sign_up"}},
      {.method = Method::get,
       .path = "/v1/tenants/:id",
       .handle = show,
       .access = Access::anyone()},
      {.method = Method::patch,
       .path = "/v1/tenants/:id",
       .handle = [&platform](Call& call) { return change(platform, call); },
       .access = manager,
       .body = Body::json,
       .audit = "tenant.changed",
       .idempotency = Idempotency::optional},
      {.method = Method::post,
       .path = "/v1/tenants/:id/disable",
       .handle = [](Call& call) { return change_status(call, "disabled"); },
       .access = manager,
       .audit = "tenant.disabled",
       .idempotency = Idempotency::optional},
      {.method = Method::post,
       .path = "/v1/tenants/:id/enable",
       .handle = [](Call& call) { return change_status(call, "active"); },
       .access = Access::service("internal:admin"),
       .audit = "tenant.enabled",
       .idempotency = Idempotency::optional},
      {.method = Method::get, .path = "/v1/tenants/:id/keys", .handle = keys, .access = manager},
      {.method = Method::post,
       .path = "/v1/tenants/:id/keys/public/rotate",
       .handle = rotation(KeyKind::public_key),
       .access = manager,
       .body = Body::json_optional,
       .audit = "tenant.key_rotated",
       .idempotency = Idempotency::optional},
      {.method = Method::post,
       .path = "/v1/tenants/:id/keys/secret/rotate",
       .handle = rotation(KeyKind::secret_key),
       .access = manager,
       .body = Body::json_optional,
       .audit = "tenant.key_rotated",
       .idempotency = Idempotency::optional},
      {.method = Method::get,
       .path = "/v1/tenants/:id/statistics",
       .handle = statistics,
       .access = manager},
      {.method = Method::get,
       .path = "/api/internal/tenants",
       .handle = list,
       .access = Access::service("tenant:read")},
  };
}

}  // namespace gatehouse::tenants
