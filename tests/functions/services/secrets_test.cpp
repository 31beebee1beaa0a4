#include "services/secrets.h"

#include "auth/client_secrets.h"
#include "fixture.h"
#include "services/cleanup.h"

namespace gatehouse::services {
namespace {

using namespace std::chrono_literals;
using http::Method;

struct Secrets : Fixture {
  Secrets() : admin(token(make_service({"internal:admin"}), "internal:admin")) {}

  http::Response ask(Method method, const std::string& rest = {}, std::string_view body = {}) {
    return call(method, "/v1/internal/services/" + client + "/secrets" + rest, admin, body);
  }
  json::Value made(const std::string& rest, std::string_view body = {}) {
    const http::Response response = ask(Method::post, rest, body);
    BOOST_TEST(response.status == 201, response.body);
    return json::parse(response.body);
  }
  /// Ids of the living ones, the newest first.
  std::vector<std::string> living() {
    std::vector<std::string> ids;
    const json::Value listed = json::parse(ask(Method::get).body);
    for (const json::Value& one : listed.find("secrets")->items()) {
      ids.push_back(text_of(one, "secret_id"));
    }
    return ids;
  }
  std::int64_t events(const std::string& type) {
    return count("SELECT count(*) FROM events WHERE type = 'service." + type +
                 "' AND data ->> 'client_id' = '" + client + "'");
  }
  std::int64_t rows() {
    return count("SELECT count(*) FROM service_secrets WHERE client_id = '" + client + "'");
  }

  std::string client = make_service(), admin;
};

BOOST_FIXTURE_TEST_CASE(added_secret_is_listed_beside_the_first_and_told_of, Secrets) {
  const json::Value secret = made("", R"({"expires_in": 3600})");
  BOOST_TEST(text_of(secret, "client_secret").starts_with("secret_"));
  BOOST_TEST(is_id("sct_", text_of(secret, "secret_id")));
  BOOST_REQUIRE(living().size() == 2U);
  BOOST_TEST(living().front() == text_of(secret, "secret_id"));
  const std::string listed = ask(Method::get).body;
  BOOST_TEST(listed.find("\"expires_at\":\"" + text_of(secret, "expires_at")) != listed.npos);
  BOOST_TEST(listed.find("secret_hash") == listed.npos);
  BOOST_TEST(listed.find(text_of(secret, "client_secret")) == listed.npos);
  BOOST_TEST(events("secret_added") == 1);
}

BOOST_FIXTURE_TEST_CASE(rotation_ends_the_others_after_their_grace_but_none_later, Secrets) {
  const std::string first = living().front();
  const std::string soon = text_of(made("", R"({"expires_in": 60})"), "secret_id");
  const json::Value rotated = made("/rotate", R"({"grace_seconds": 600})");
  BOOST_TEST(text_of(rotated, "expires_at") == "(absent)");
  BOOST_TEST(living().size() == 3U);
  BOOST_TEST(count("SELECT count(*) FROM service_secrets WHERE id = '" + first +
                   "' AND expires_at BETWEEN now() + '590 s' AND now() + '610 s'") == 1);
  BOOST_TEST(count("SELECT count(*) FROM service_secrets WHERE id = '" + soon +
                   "' AND expires_at < now() + '70 s'") == 1);
  BOOST_TEST(events("secret_rotated") == 1);
  BOOST_TEST(count("SELECT count(*) FROM events WHERE type = 'service.secret_rotated'"
                   " AND data ->> 'client_id' = '" +
                   client + "' AND json_array_length(data -> 'replaced') = 2") == 1);
}

BOOST_FIXTURE_TEST_CASE(rotation_without_words_leaves_a_day, Secrets) {
  const std::string first = living().front();
  made("/rotate");
  BOOST_TEST(count("SELECT count(*) FROM service_secrets WHERE id = '" + first +
                   "' AND expires_at BETWEEN now() + '23 h' AND now() + '25 h'") == 1);
}

BOOST_FIXTURE_TEST_CASE(rotation_of_a_leaked_secret_leaves_the_new_one_alone, Secrets) {
  made("");
  const std::string kept = text_of(made("/rotate", R"({"grace_seconds": 0})"), "secret_id");
  BOOST_TEST(rows() == 1);
  BOOST_TEST(living().front() == kept);
}

BOOST_FIXTURE_TEST_CASE(last_living_secret_is_not_revoked_whatever_has_expired, Secrets) {
  const std::string first = living().front();
  const http::Response refused = ask(Method::del, "/" + first);
  BOOST_TEST(refused.status == 422);
  BOOST_TEST(code_of(refused) == "last_secret");

  const std::string second = text_of(made("", R"({"expires_in": 60})"), "secret_id");
  execute("UPDATE service_secrets SET expires_at = now() - interval '1 s' WHERE id = '" + second +
          "'");
  BOOST_TEST(code_of(ask(Method::del, "/" + first)) == "last_secret");
  BOOST_TEST(code_of(ask(Method::del, "/" + second)) == "secret_not_found");

  made("");
  BOOST_TEST(ask(Method::del, "/" + first).status == 200);
  BOOST_TEST(code_of(ask(Method::del, "/" + first)) == "secret_not_found");
  BOOST_TEST(living().size() == 1U);
  BOOST_TEST(events("secret_revoked") == 1);
}

BOOST_FIXTURE_TEST_CASE(client_that_uses_no_secret_is_given_none, Secrets) {
  execute("UPDATE services SET auth_method = 'private_key_jwt', jwks = '{}' WHERE client_id = '" +
          client + "'");
  for (const char* rest : {"", "/rotate"}) {
    const http::Response refused = ask(Method::post, rest);
    BOOST_TEST(refused.status == 422);
    BOOST_TEST(code_of(refused) == "secret_not_used");
  }
  BOOST_TEST(rows() == 1, "the one that it had before");
  execute("UPDATE services SET auth_method = 'client_secret_post' WHERE client_id = '" + client +
          "'");
  made("");
}

BOOST_FIXTURE_TEST_CASE(client_that_shows_a_certificate_needs_no_secret, Secrets) {
  execute(
      "UPDATE services SET auth_method = 'self_signed_tls_client_auth', certificate_check ="
      " 'sha256', certificate_value = repeat('a', 43) WHERE client_id = '" +
      client + "'");
  BOOST_TEST(ask(Method::del, "/" + living().front()).status == 200);
  BOOST_TEST(rows() == 0);
}

BOOST_FIXTURE_TEST_CASE(secret_of_another_client_is_not_found, Secrets) {
  const std::string mine = living().front();
  client = make_service();
  made("");
  BOOST_TEST(code_of(ask(Method::del, "/" + mine)) == "secret_not_found");
}

BOOST_FIXTURE_TEST_CASE(client_has_ten_secrets_at_most_and_can_always_replace_them, Secrets) {
  for (std::size_t more = 1; more < auth::most_client_secrets; ++more) made("");
  for (const char* rest : {"", "/rotate"}) {
    const http::Response refused = ask(Method::post, rest);
    BOOST_TEST(refused.status == 422);
    BOOST_TEST(code_of(refused) == "too_many_secrets");
  }
  made("/rotate", R"({"grace_seconds": 0})");
  BOOST_TEST(rows() == 1);
}

BOOST_FIXTURE_TEST_CASE(two_revocations_at_once_leave_one_secret, Secrets) {
  made("");
  const auto ids = living();
  db::Transaction first(database, db::Scope::platform());
  BOOST_TEST(auth::lock_secret_holder(first, client, now())->secrets.size() == 2U);
  db::Connection other(db::connection_options(settings, "gatehouse_services"));
  {
    db::Transaction second(other, db::Scope::platform());
    BOOST_CHECK_THROW(auth::lock_secret_holder(second, client, now()), std::exception);
  }
  auth::remove_client_secret(first, client, ids[0]);
  first.commit();
  db::Transaction third(other, db::Scope::platform());
  BOOST_TEST(auth::lock_secret_holder(third, client, now())->secrets.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(end_of_a_secret_is_told_once_and_not_after_a_rotation, Secrets) {
  settings.secret_expiry_notice = 24h;
  clean_up(database, settings, clock);
  const std::string soon = text_of(made("", R"({"expires_in": 3600})"), "secret_id");
  made("", R"({"expires_in": 864000})");
  BOOST_TEST(clean_up(database, settings, clock).secrets_told == 1);
  BOOST_TEST(clean_up(database, settings, clock).secrets_told == 0);
  BOOST_TEST(events("secret_expiring") == 1);
  BOOST_TEST(count("SELECT count(*) FROM events WHERE type = 'service.secret_expiring'"
                   " AND data ->> 'secret_id' = '" +
                   soon + "'") == 1);
  made("/rotate", R"({"grace_seconds": 600})");
  BOOST_TEST(clean_up(database, settings, clock).secrets_told == 0);
}

BOOST_FIXTURE_TEST_CASE(usage_shows_what_was_never_used, Secrets) {
  const std::string path = "/v1/internal/services/" + client + "/usage";
  grant(client, "log.push");
  grant(client, "user:read");
  execute("INSERT INTO service_usage VALUES ('" + client + "', '2026-01-02T03:04:05Z')");
  execute("INSERT INTO service_scope_usage VALUES ('" + client + "', 'log.push', now())");
  execute("INSERT INTO service_scope_usage VALUES ('" + client +
          "', 'user:read', now() - interval '31 days')");
  const json::Value report = json::parse(call(Method::get, path, admin).body);
  BOOST_TEST(text_of(report, "last_used_at") == "2026-01-02T03:04:05Z");
  BOOST_REQUIRE(report.find("scopes")->items().size() == 2U);
  BOOST_TEST(text_of(report.find("scopes")->items()[0], "last_used_on").size() == 10U);
  BOOST_TEST(report.find("secrets")->items().size() == 1U);
  BOOST_REQUIRE(report.find("unused_scopes")->items().size() == 1U);
  BOOST_TEST(report.find("unused_scopes")->items()[0].as_string() == "user:read");
  const json::Value longer = json::parse(call(Method::get, path + "?days=60", admin).body);
  BOOST_TEST(longer.find("unused_scopes")->items().empty());
}

}  // namespace
}  // namespace gatehouse::services
