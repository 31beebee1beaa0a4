#include <boost/test/unit_test.hpp>

#include "functions/tokens/fixture.h"

using namespace gatehouse;
using namespace gatehouse::tokens;
using namespace std::chrono_literals;

namespace {

const std::string grant = "grant_type=client_credentials";

constexpr db::Statement count_issued{
    "test_count_issued",
    "SELECT count(*) AS n, min(scope) AS scope, min(kind) AS kind, min(ip_address) AS ip"
    "  FROM token_issuance WHERE client_id = $1"};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(token_endpoint, Fixture)

BOOST_AUTO_TEST_CASE(client_obtains_a_token_that_says_who_it_is) {
  const std::string tenant = make_tenant();
  const Credentials who = make_client({.tenant_id = tenant,
                                       .scopes = {"log.push", "report.generate"},
                                       .system_id = "batch-7",
                                       .env = "prod"});
  const auto response = token(grant, who.basic());
  BOOST_TEST(response.status == 200);
  BOOST_TEST(member(response, "token_type") == "Bearer");
  BOOST_TEST(member(response, "expires_in") == "300");
  BOOST_TEST(member(response, "scope") == "log.push report.generate");

  const std::string text = member(response, "access_token");
  BOOST_TEST(claim(text, "iss") == settings.issuer);
  BOOST_TEST(claim(text, "sub") == who.id);
  BOOST_TEST(claim(text, "aud") == settings.audience);
  BOOST_TEST(claim(text, "clientId") == who.id);
  BOOST_TEST(claim(text, "scope") == "log.push report.generate");
  BOOST_TEST(claim(text, "systemId") == "batch-7");
  BOOST_TEST(claim(text, "env") == "prod");
  BOOST_TEST(claim(text, "tenant") == tenant);
  const auto all = claims(text);
  BOOST_TEST(*all.find("exp")->as_integer() - *all.find("iat")->as_integer() == 300);
}

BOOST_AUTO_TEST_CASE(token_without_a_scope_asked_holds_what_the_client_prefers_as_far_as_granted) {
  const Credentials who = make_client({.scopes = {"log.*", "user:read", "user:write"}});
  BOOST_TEST(member(token(grant, who.basic()), "scope") == "user:read user:write");
  const auto prefer = [&](const char* scopes) {
    services.write(db::Scope::none(),
                   {"test_prefer", "UPDATE services SET default_scopes = $2 WHERE client_id = $1"},
                   {who.id, scopes});
    forget();
  };
  prefer("{log.push,never:granted,user:read}");
  BOOST_TEST(member(token(grant, who.basic()), "scope") == "log.push user:read");
  BOOST_TEST(member(token(grant + "&scope=user:write", who.basic()), "scope") == "user:write");
  prefer("{}");
  BOOST_TEST(member(token(grant, who.basic()), "scope").empty());
}

BOOST_AUTO_TEST_CASE(r11_token_answers_are_not_stored) {
  const Credentials who = make_client({});
  const auto oauth = token(grant + "&" + who.form());
  BOOST_TEST(header(oauth, "Cache-Control") == "no-store");
  BOOST_TEST(header(oauth, "Pragma") == "no-cache");
  const auto json_answer =
      json("/v1/internal/services/authenticate",
           R"({"client_id":")" + who.id + R"(","client_secret":")" + who.secret + "\"}");
  BOOST_TEST(json_answer.status == 200);
  BOOST_TEST(header(json_answer, "Cache-Control") == "no-store");
}

BOOST_AUTO_TEST_CASE(r01_unknown_disabled_and_wrong_secret_clients_get_one_answer) {
  const Credentials good = make_client({});
  const Credentials disabled = make_client({});
  disable_client(disabled.id);
  const Credentials wrong{good.id, disabled.secret};
  const Credentials unknown{make_id("svc_", clock.now()), good.secret};
  const Credentials malformed{"svc_abc123def456", "secret_abcdefg123456"};
  const std::string expected = token(grant, wrong.basic()).body;
  for (const Credentials& who : {disabled, wrong, unknown, malformed}) {
    const auto response = token(grant, who.basic());
    BOOST_TEST(response.status == 401);
    BOOST_TEST(response.body == expected);
    BOOST_TEST(member(response, "error") == "invalid_client");
    BOOST_TEST(member(response, "error_description") == "Client not found");
    BOOST_TEST(header(response, "WWW-Authenticate").starts_with("Basic realm="));

    const auto other =
        json("/v1/internal/services/authenticate",
             R"({"client_id":")" + who.id + R"(","client_secret":")" + who.secret + "\"}");
    BOOST_TEST(other.status == 401);
    BOOST_TEST(member(other, "error") == "Client not found");
    BOOST_TEST(member(other, "code") == "invalid_client");
  }
}

BOOST_AUTO_TEST_CASE(oauth_errors_have_the_codes_of_the_rfc) {
  const Credentials who = make_client({.scopes = {"user:read"}});
  const auto error = [&](const std::string& form, const std::string& authorization) {
    const auto response = token(form, authorization);
    BOOST_TEST(response.status == 400);
    BOOST_TEST(!member(response, "error_description").empty());
    BOOST_TEST(!member(response, "next_step").empty());
    return member(response, "error");
  };
  BOOST_TEST(error("scope=user:read", who.basic()) == "invalid_request");
  BOOST_TEST(error("grant_type=password", who.basic()) == "unsupported_grant_type");
  BOOST_TEST(error(grant + "&" + who.form(), who.basic()) == "invalid_request");
  BOOST_TEST(error(grant + "&scope=a&scope=b", who.basic()) == "invalid_request");
  BOOST_TEST(error(grant + "&scope=user:write", who.basic()) == "invalid_scope");
  BOOST_TEST(error(grant + "&resource=https://other.example/", who.basic()) == "invalid_target");
  BOOST_TEST(error("", who.basic()) == "invalid_request");
}

BOOST_AUTO_TEST_CASE(r03_credentials_in_the_query_are_refused) {
  const Credentials who = make_client({});
  const auto response = send({.path = "/oauth/token",
                              .body = grant + "&client_id=" + who.id,
                              .query = "client_secret=" + who.secret});
  BOOST_TEST(response.status == 400);
  BOOST_TEST(member(response, "code") == "credentials_in_query");
  BOOST_TEST(response.body.find(who.secret) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(wrong_content_type_is_refused) {
  const auto response = json("/oauth/token", R"({"grant_type":"client_credentials"})");
  BOOST_TEST(response.status == 415);
  BOOST_TEST(member(response, "error") == "invalid_request");
}

BOOST_AUTO_TEST_CASE(scope_narrows_and_resource_picks_the_audience) {
  const Credentials who = make_client({.scopes = {"user:read", "user:write"},
                                       .audiences = {"https://a.example/", "https://b.example/"}});
  const auto response =
      token(grant + "&scope=user:write&resource=https%3A%2F%2Fb.example%2F", who.basic());
  BOOST_TEST(member(response, "scope") == "user:write");
  const std::string text = member(response, "access_token");
  BOOST_TEST(claim(text, "scope") == "user:write");
  BOOST_TEST(claim(text, "aud") == "https://b.example/");
}

BOOST_AUTO_TEST_CASE(authenticate_answers_the_scopes_as_a_list) {
  const Credentials who = make_client({.scopes = {"user:write", "user:read"}});
  const auto response =
      json("/v1/internal/services/authenticate",
           R"({"client_id":")" + who.id + R"(","client_secret":")" + who.secret + "\"}");
  BOOST_TEST(response.status == 200);
  BOOST_TEST(member(response, "scopes") == R"(["user:read","user:write"])");
  BOOST_TEST(member(response, "expires_in") == "300");
  BOOST_TEST(claim(member(response, "access_token"), "sub") == who.id);
}

BOOST_AUTO_TEST_CASE(warm_client_obtains_tokens_without_the_database) {
  const Credentials who = make_client({.scopes = {"user:read"}});
  BOOST_TEST(token(grant, who.basic()).status == 200);
  db::Connection nowhere({.conninfo = "host=/nonexistent dbname=none", .timeout = 50ms});
  const auto response =
      send({.path = "/oauth/token", .body = grant, .authorization = who.basic()}, nowhere);
  BOOST_TEST(response.status == 200);
}

BOOST_AUTO_TEST_CASE(every_token_has_its_row_in_the_journal) {
  const Credentials who = make_client({.scopes = {"user:read"}});
  for (int i = 0; i < 3; ++i) BOOST_TEST(token(grant, who.basic()).status == 200);
  journals.flush(database);
  const db::Result rows = op.read(db::Scope::none(), count_issued, {who.id});
  BOOST_TEST(rows.integer(0, "n") == 3);
  BOOST_TEST(rows.text(0, "scope") == "user:read");
  BOOST_TEST(rows.text(0, "kind") == "service");
  BOOST_TEST(rows.text(0, "ip") == "192.0.2.7");
}

BOOST_AUTO_TEST_CASE(no_token_without_room_in_the_journal) {
  const Credentials who = make_client({});
  audit::Journals full(1);
  fcgi::Platform small{settings, clock, keyring, authenticator, full};
  const http::Pipeline other(routes(small), {authenticator, answers, full, clock});
  http::Request request;
  request.method = http::Method::post;
  request.path = "/oauth/token";
  const std::string body = grant + "&" + who.form();
  request.body = body;
  request.content_type = "application/x-www-form-urlencoded";
  BOOST_TEST(other.serve(request, database).status == 200);
  const auto refused = other.serve(request, database);
  BOOST_TEST(refused.status == 503);
  BOOST_TEST(refused.body.find("access_token") == std::string::npos);
  full.flush(database);
  BOOST_TEST(other.serve(request, database).status == 200);
}

BOOST_AUTO_TEST_CASE(published_keys_verify_the_tokens_and_hold_no_private_member) {
  const auto response = send({.method = http::Method::get, .path = "/.well-known/jwks.json"});
  BOOST_TEST(response.status == 200);
  BOOST_TEST(header(response, "Cache-Control") ==
             "public, max-age=300, stale-while-revalidate=300, stale-if-error=300");
  const auto body = gatehouse::json::parse(response.body);
  const auto* keys = body.find("keys");
  BOOST_REQUIRE(keys != nullptr);
  BOOST_REQUIRE(!keys->items().empty());
  const std::string text = access_token(make_client({}));
  const auto head = gatehouse::json::parse(from_base64url(text.substr(0, text.find('.'))).value());
  BOOST_TEST(head.find("typ")->as_string() == "at+jwt");
  bool published = false;
  for (const auto& key : keys->items()) {
    published |= key.find("kid")->as_string() == head.find("kid")->as_string();
    for (const char* secret : {"d", "k", "p", "q"}) BOOST_TEST(key.find(secret) == nullptr);
  }
  BOOST_TEST(published);
}

BOOST_AUTO_TEST_SUITE_END()
