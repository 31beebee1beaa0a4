#pragma once

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/authenticator.h"
#include "core/encoding.h"
#include "core/error.h"
#include "core/ids.h"
#include "fcgi/program.h"
#include "http/pipeline.h"
#include "json/parse.h"
#include "services/routes.h"
#include "services/scopes.h"
#include "services/service.h"
#include "support/failure.h"
#include "support/superuser.h"

namespace gatehouse::services {

using test::failure_of;

/// The id that sorts right before this one: a cursor in front of it.
inline std::string before(std::string id) {
  constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";
  for (auto at = id.rbegin(); *at != '_'; ++at) {
    if (*at != digits.front()) {
      *at = digits[digits.find(*at) - 1];
      break;
    }
    *at = digits.back();
  }
  return id;
}

/// The function as a process has it, on the database of tests/with_database.
struct Fixture {
  Settings settings =
      load_settings(std::getenv("GATEHOUSE_CONFIG"), [](const char*) { return nullptr; });
  crypto::Keyring keyring = crypto::Keyring::load(settings.keyring_file);
  SystemClock clock;
  auth::Authenticator authenticator{settings, keyring, false};
  audit::Journals journals{1000};
  fcgi::Platform platform{settings, clock, keyring, authenticator, journals};
  idempotency::Records answers{keyring, settings.idempotency_retention};
  http::Pipeline pipeline{routes(platform), {authenticator, answers, journals, clock}};
  db::Connection database{db::connection_options(settings, "gatehouse_services")};
  db::Connection superuser{test::superuser_options(settings)};

  Time now() const { return clock.now(); }

  /// As the superuser, whom neither grants nor row-level security bind.
  void execute(const std::string& sql) { superuser.execute(sql); }
  std::int64_t count(const std::string& sql) {
    return superuser.read(db::Scope::none(), {"", sql.c_str()}).integer(0, "count");
  }

  /// Runs a change in a transaction of its own.
  template <typename Work>
  auto commit(Work work) {
    db::Transaction transaction(database, db::Scope::platform());
    auto result = work(transaction);
    transaction.commit();
    return result;
  }

  std::string make_service(const std::vector<std::string>& scopes = {}) {
    const auto made = commit([&](db::Transaction& transaction) {
      return register_service(transaction, keyring, "a service", "for tests", now());
    });
    for (const std::string& scope : scopes) grant(made.service.client_id, scope);
    return made.service.client_id;
  }

  /// Two services in the order of their ids: those of one millisecond are in any.
  std::pair<std::string, std::string> make_two_services() {
    std::string first = make_service(), second = make_service();
    if (second < first) std::swap(first, second);
    return {first, second};
  }

  std::string make_tenant() {
    const std::string id = make_id("tnt_", now());
    execute("INSERT INTO tenants (id, name) VALUES ('" + id + "', 'a tenant')");
    return id;
  }

  void grant(const std::string& client_id, const std::string& scope) {
    commit([&](db::Transaction& transaction) {
      return grant_scope(transaction, client_id, scope, "a test", now());
    });
  }

  /// The service as the list shows it.
  Service find(const std::string& client_id) {
    for (Service& service : list_services(database, before(client_id), 1)) {
      if (service.client_id == client_id) return std::move(service);
    }
    throw std::logic_error("no such service: " + client_id);
  }

  /// A token of that service with those scopes, as the function tokens would sign it.
  std::string token(const std::string& client_id, std::string_view scope) {
    auth::Authenticator signer(settings, keyring, true);
    db::Connection connection(db::connection_options(settings, "gatehouse_tokens"));
    signer.epochs().refresh(connection);
    return signer.issuer()
        .issue(auth::ServiceClaims{.client_id = client_id,
                                   .scope = scope,
                                   .audience = settings.audience,
                                   .system_id = {},
                                   .env = {},
                                   .tenant = {}},
               std::chrono::seconds(60), now(), connection)
        .text;
  }

  http::Response call(http::Method method, std::string_view target, std::string_view bearer = {},
                      std::string_view body = {}) {
    // What was changed just now is seen at once, not when the next refresh is due.
    authenticator.epochs().refresh(database);
    http::Request request;
    request.method = method;
    request.path = target.substr(0, target.find('?'));
    if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
    const std::string authorization = "Bearer " + std::string(bearer);
    if (!bearer.empty()) request.authorization = authorization;
    if (!body.empty()) request.content_type = "application/json";
    request.body = body;
    request.remote_address = "127.0.0.1";
    request.user_agent = "curl/7.68.0";
    request.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
    request.request_id = "req_4bf92f3577b34da6a3ce929d0e0e4736";
    return pipeline.serve(request, database);
  }
};

inline std::string text_of(const json::Value& object, std::string_view name) {
  const json::Value* value = object.find(name);
  return value == nullptr ? std::string("(absent)") : value->as_string();
}

inline std::string code_of(const http::Response& response) {
  return text_of(json::parse(response.body), "code");
}

}  // namespace gatehouse::services
