#include <boost/test/unit_test.hpp>

#include "functions/tokens/fixture.h"

using namespace gatehouse;
using namespace gatehouse::tokens;
using namespace std::chrono_literals;

namespace {

constexpr db::Statement revoke_tokens{
    "test_revoke_tokens",
    "UPDATE services SET tokens_valid_from = now() + interval '1 second' WHERE client_id = $1"};
constexpr db::Statement revoke_scope{
    "test_revoke_scope", "DELETE FROM service_scopes WHERE client_id = $1 AND scope = $2"};

struct ValidateFixture : Fixture {
  http::Response ask(const std::string& text) {
    return json("/v1/internal/services/validate-token", R"({"token":")" + text + "\"}");
  }
  void check_invalid(const std::string& text) {
    const auto response = ask(text);
    BOOST_TEST(response.status == 200);
    BOOST_TEST(response.body == R"({"valid":false})");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(validate, ValidateFixture)

BOOST_AUTO_TEST_CASE(good_token_is_valid) {
  const Credentials who = make_client({.scopes = {"user:read", "user:write"}});
  const std::string text = access_token(who);
  const auto response = ask(text);
  BOOST_TEST(response.status == 200);
  BOOST_TEST(member(response, "valid") == "true");
  BOOST_TEST(member(response, "client_id") == who.id);
  BOOST_TEST(member(response, "scopes") == R"(["user:read","user:write"])");
  BOOST_TEST(member(response, "exp") == gatehouse::json::to_text(*claims(text).find("exp")));
}

BOOST_AUTO_TEST_CASE(token_seen_before_needs_no_database) {
  const std::string text = access_token(make_client({}));
  BOOST_TEST(member(ask(text), "valid") == "true");
  db::Connection nowhere({.conninfo = "host=/nonexistent dbname=none", .timeout = 50ms});
  const auto response = send({.path = "/v1/internal/services/validate-token",
                              .body = R"({"token":")" + text + "\"}",
                              .content_type = "application/json"},
                             nowhere);
  BOOST_TEST(member(response, "valid") == "true");
}

BOOST_AUTO_TEST_CASE(garbage_and_forgeries_are_not_valid) {
  const std::string text = access_token(make_client({}));
  std::string forged = text;
  forged[text.rfind('.') + 10] = forged[text.rfind('.') + 10] == 'A' ? 'B' : 'A';
  check_invalid("x");
  check_invalid(forged);
  check_invalid(text + ".");
  check_invalid(std::string(9000, 'a'));
  check_invalid("eyJhbGciOiJub25lIn0." + text.substr(text.find('.') + 1));
}

BOOST_AUTO_TEST_CASE(expired_token_is_not_valid_though_it_was_seen) {
  const std::string text = access_token(make_client({}));
  BOOST_TEST(member(ask(text), "valid") == "true");
  clock.offset = 301s;
  check_invalid(text);
}

BOOST_AUTO_TEST_CASE(token_of_a_disabled_client_is_not_valid) {
  const Credentials who = make_client({});
  const std::string text = access_token(who);
  BOOST_TEST(member(ask(text), "valid") == "true");
  disable_client(who.id);
  check_invalid(text);
}

BOOST_AUTO_TEST_CASE(token_issued_before_the_clients_revocation_is_not_valid) {
  const Credentials who = make_client({});
  const std::string text = access_token(who);
  services.write(db::Scope::none(), revoke_tokens, {who.id});
  forget();
  check_invalid(text);
}

BOOST_AUTO_TEST_CASE(token_of_a_disabled_tenants_client_is_not_valid) {
  const std::string tenant = make_tenant();
  const std::string text = access_token(make_client({.tenant_id = tenant}));
  BOOST_TEST(member(ask(text), "valid") == "true");
  set_tenant_status(tenant, "disabled");
  check_invalid(text);
}

BOOST_AUTO_TEST_CASE(scope_that_was_revoked_is_no_longer_shown) {
  const Credentials who = make_client({.scopes = {"user:read", "user:write"}});
  const std::string text = access_token(who);
  services.write(db::Scope::none(), revoke_scope, {who.id, "user:write"});
  forget();
  BOOST_TEST(member(ask(text), "scopes") == R"(["user:read"])");
}

BOOST_AUTO_TEST_CASE(r19_user_token_is_not_a_service_token) {
  const std::string tenant = make_tenant();
  const std::string user = make_user(tenant);
  const Credentials service = make_client({.scopes = {"auth:token"}});
  const auto delegated = json("/api/internal/auth/token",
                              R"({"tenant_id":")" + tenant + R"(","user_id":")" + user + "\"}",
                              "Bearer " + access_token(service));
  BOOST_TEST_REQUIRE(delegated.status == 200);
  check_invalid(member(delegated, "access_token"));
}

BOOST_AUTO_TEST_CASE(missing_token_is_a_bad_request) {
  const auto response = json("/v1/internal/services/validate-token", "{}");
  BOOST_TEST(response.status == 400);
  BOOST_TEST(member(response, "error") == R"("token" is required)");
}

BOOST_AUTO_TEST_SUITE_END()
