#pragma once

#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/authenticator.h"
#include "auth/key_rotation.h"
#include "core/encoding.h"
#include "core/ids.h"
#include "crypto/machine_secret.h"
#include "db/connection.h"
#include "fcgi/program.h"
#include "http/pipeline.h"
#include "json/parse.h"
#include "json/write.h"
#include "tokens/routes.h"

namespace gatehouse::tokens {

inline Settings test_settings() {
  Settings settings =
      load_settings(std::getenv("GATEHOUSE_CONFIG"), [](const char*) { return nullptr; });
  // No thread refreshes the epochs here; forget() does, where a test says so.
  settings.cache_max_stale = std::chrono::minutes(1);
  return settings;
}

/// The function as a process has it, on the database of tests/with_database. Objects are made with
/// the rights of the functions that make them, each test its own.
class Fixture {
 public:
  Fixture()
      : settings(test_settings()),
        keyring(crypto::Keyring::load(settings.keyring_file)),
        authenticator(settings, keyring, true),
        journals(1000),
        platform{settings, clock, keyring, authenticator, journals},
        answers(keyring, settings.idempotency_retention),
        pipeline(routes(platform), {authenticator, answers, journals, clock}),
        database(db::connection_options(settings, "gatehouse_tokens")),
        services(db::connection_options(settings, "gatehouse_services")),
        tenants(db::connection_options(settings, "gatehouse_tenants")),
        users(db::connection_options(settings, "gatehouse_users")),
        op(db::connection_options(settings, "gatehouse_operator")) {}

  /// Stands still, so that a slow machine changes nothing.
  class TestClock final : public Clock {
   public:
    Time now() const override { return start + offset; }
    const Time start = SystemClock().now();
    std::chrono::seconds offset{0};
  };

  struct NewClient {
    std::string tenant_id = {};
    std::vector<std::string> scopes = {};
    std::vector<std::string> audiences = {};
    std::optional<std::string> system_id = {}, env = {};
    std::optional<int> token_seconds = {};
  };
  struct Credentials {
    std::string id, secret;
    std::string basic() const { return "Basic " + to_base64(as_bytes(id + ":" + secret)); }
    std::string form() const { return "client_id=" + id + "&client_secret=" + secret; }
  };

  Credentials make_client(const NewClient& wanted) {
    Credentials made{make_id("svc_", clock.now()), {}};
    services.write(
        db::Scope::none(), insert_service,
        {made.id, wanted.tenant_id, db::array_literal(wanted.audiences), wanted.system_id,
         wanted.env,
         wanted.token_seconds ? db::Param(*wanted.token_seconds) : db::Param(std::nullopt)});
    made.secret = add_secret(made.id);
    for (const std::string& scope : wanted.scopes) {
      services.write(db::Scope::none(), insert_scope, {made.id, scope});
    }
    return made;
  }

  std::string add_secret(const std::string& client_id, std::optional<Time> expires_at = {}) {
    const Secret secret = crypto::make_machine_secret("secret_");
    const crypto::Digest hash = crypto::machine_secret_hash(keyring, secret.reveal());
    services.write(db::Scope::none(), insert_secret,
                   {make_id("sct_", clock.now()), client_id,
                    db::Param(std::span<const std::byte>(hash)), expires_at});
    return std::string(secret.reveal());
  }

  /// Lets the client authenticate by a method of RFC 7591 §2, with these public keys.
  void set_method(const std::string& id, std::string_view method, const std::string& jwks) {
    services.write(db::Scope::none(), update_method, {id, method, jwks});
    forget();
  }

  void disable_client(const std::string& id) {
    services.write(db::Scope::none(), disable_service, {id});
    forget();
  }

  std::string make_tenant() {
    const std::string id = make_id("tnt_", clock.now());
    tenants.write(db::Scope::tenant(id), insert_tenant, {id});
    return id;
  }

  /// A tenant's own issuer, whose key signs at once; the kid.
  std::string open_issuer(const std::string& tenant) {
    const auto key = crypto::PrivateKey::generate(crypto::Algorithm::es256);
    db::Transaction transaction(op, db::Scope::platform());
    const auto plan = auth::plan_rotation({}, {}, clock.start, false);
    std::string kid = auth::rotate(transaction, keyring, tenant, key, plan.value(), clock.start);
    transaction.commit();
    forget();
    return kid;
  }

  void set_tenant_status(const std::string& id, std::string_view status) {
    tenants.write(db::Scope::tenant(id), update_tenant, {id, status});
    forget();
  }

  std::string make_user(const std::string& tenant_id, std::string_view status = "active") {
    const std::string id = make_id("usr_", clock.now());
    users.write(db::Scope::tenant(tenant_id), insert_user,
                {id, tenant_id, id + "@example.com", status});
    return id;
  }

  /// What the housekeeping thread does four times a second.
  void forget() { authenticator.epochs().refresh(database); }

  struct Sent {
    http::Method method = http::Method::post;
    std::string path, body, authorization, query;
    std::string content_type = "application/x-www-form-urlencoded";
    std::string tls_verified = {}, tls_certificate = {};  ///< as nginx says it
    std::string dpop = {};
  };
  http::Response send(const Sent& sent) { return send(sent, database); }
  http::Response send(const Sent& sent, db::Connection& connection) {
    http::Request request;
    request.method = sent.method;
    request.path = sent.path;
    request.query = sent.query;
    request.body = sent.body;
    request.authorization = sent.authorization;
    if (sent.method == http::Method::post) request.content_type = sent.content_type;
    request.tls_verified = sent.tls_verified;
    request.tls_certificate = sent.tls_certificate;
    request.dpop = sent.dpop;
    request.remote_address = "192.0.2.7";
    request.user_agent = "test";
    request.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
    request.request_id = "req_4bf92f3577b34da6a3ce929d0e0e4736";
    return pipeline.serve(request, connection);
  }
  http::Response token(std::string body, std::string authorization = {}) {
    return send({.path = "/oauth/token",
                 .body = std::move(body),
                 .authorization = std::move(authorization)});
  }
  http::Response json(std::string path, std::string body, std::string authorization = {}) {
    return send({.path = std::move(path),
                 .body = std::move(body),
                 .authorization = std::move(authorization),
                 .content_type = "application/json"});
  }

  /// A token with which the service, which holds auth:token, acts for the user.
  std::string delegated_token(const Credentials& service, const std::string& tenant,
                              const std::string& user) {
    return member(json("/api/internal/auth/token",
                       R"({"tenant_id":")" + tenant + R"(","user_id":")" + user + "\"}",
                       "Bearer " + access_token(service)),
                  "access_token");
  }

  /// An access token of the client, got as it would get it.
  std::string access_token(const Credentials& client) {
    return member(token("grant_type=client_credentials", client.basic()), "access_token");
  }

  /// A member of the body: a text as it is, anything else as JSON, "" where it is absent.
  static std::string member(const http::Response& response, std::string_view name) {
    const json::Value body = gatehouse::json::parse(response.body);
    const json::Value* value = body.find(name);
    if (value == nullptr) return {};
    if (value->is(gatehouse::json::Kind::string)) return value->as_string();
    return gatehouse::json::to_text(*value);
  }
  static std::string header(const http::Response& response, std::string_view name) {
    for (const http::Header& header : response.headers) {
      if (header.name == name) return header.value;
    }
    return {};
  }
  static json::Value claims(const std::string& token) {
    const std::size_t begin = token.find('.') + 1;
    return gatehouse::json::parse(
        from_base64url(token.substr(begin, token.rfind('.') - begin)).value());
  }
  static std::string claim(const std::string& token, std::string_view name) {
    const json::Value all = claims(token);
    return all.find(name) == nullptr ? std::string() : all.find(name)->as_string();
  }

  const Settings settings;
  TestClock clock;
  const crypto::Keyring keyring;
  auth::Authenticator authenticator;
  audit::Journals journals;
  fcgi::Platform platform;
  idempotency::Records answers;
  http::Pipeline pipeline;
  db::Connection database, services, tenants, users, op;

 private:
  static constexpr db::Statement insert_service{
      "test_insert_service",
      "INSERT INTO services (client_id, service_name, tenant_id, audiences, system_id, env,"
      " token_seconds) VALUES ($1, 'test', NULLIF($2, ''), $3::text[], $4, $5, $6::int)"};
  static constexpr db::Statement insert_secret{
      "test_insert_secret",
      "INSERT INTO service_secrets (id, client_id, secret_hash, expires_at)"
      " VALUES ($1, $2, $3, $4)"};
  static constexpr db::Statement insert_scope{
      "test_insert_scope",
      "INSERT INTO service_scopes (client_id, scope, granted_by) VALUES ($1, $2, 'test')"};
  static constexpr db::Statement update_method{"test_update_method",
                                               "UPDATE services SET auth_method = NULLIF($2, ''), "
                                               "jwks = NULLIF($3, '')::jsonb WHERE client_id = $1"};
  static constexpr db::Statement disable_service{
      "test_disable_service", "UPDATE services SET status = 'disabled' WHERE client_id = $1"};
  static constexpr db::Statement insert_tenant{
      "test_insert_tenant", "INSERT INTO tenants (id, name) VALUES ($1, 'test')"};
  static constexpr db::Statement update_tenant{"test_update_tenant",
                                               "UPDATE tenants SET status = $2 WHERE id = $1"};
  static constexpr db::Statement insert_user{
      "test_insert_user",
      "INSERT INTO users (id, tenant_id, email, email_key, password_hash, roles, status)"
      " VALUES ($1, $2, $3, $3, '-', '{editor}', $4)"};
};

}  // namespace gatehouse::tokens
