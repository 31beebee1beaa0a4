#include <boost/test/unit_test.hpp>

#include "functions/tokens/fixture.h"

using namespace gatehouse;
using namespace gatehouse::tokens;
using namespace std::chrono_literals;

namespace {

constexpr db::Statement nothing{"test_nothing", "SELECT 1 AS one"};
constexpr db::Statement read_audit{
    "test_read_audit",
    "SELECT event, outcome, actor_kind, actor_id, on_behalf_of, resource_id FROM sys_audit_logs"
    " WHERE tenant_id = $1"};
constexpr db::Statement read_issued{
    "test_read_issued", "SELECT client_id, kind FROM token_issuance WHERE user_id = $1"};
constexpr db::Statement count_sessions{"test_count_sessions",
                                       "SELECT count(*) AS n FROM sessions WHERE tenant_id = $1"};

struct DelegateFixture : Fixture {
  const std::string tenant = make_tenant();
  const std::string user = make_user(tenant);
  const Credentials service = make_client({.scopes = {"auth:token"}});

  http::Response ask(const std::string& tenant_id, const std::string& user_id,
                     const Credentials& who) {
    return json("/api/internal/auth/token",
                R"({"tenant_id":")" + tenant_id + R"(","user_id":")" + user_id + "\"}",
                "Bearer " + access_token(who));
  }
  void check_refused(const http::Response& response, int status, std::string_view error) {
    BOOST_TEST(response.status == status);
    BOOST_TEST(member(response, "error") == error);
    const auto rows = users.read(db::Scope::tenant(tenant), count_sessions, {tenant});
    BOOST_TEST(rows.integer(0, "n") == 0);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(delegate, DelegateFixture)

BOOST_AUTO_TEST_CASE(service_obtains_a_users_token_that_names_it_as_actor) {
  const auto response = ask(tenant, user, service);
  BOOST_TEST(response.status == 200);
  BOOST_TEST(member(response, "token_type") == "Bearer");
  BOOST_TEST(member(response, "expires_in") == "300");
  BOOST_TEST(header(response, "Cache-Control") == "no-store");

  const std::string text = member(response, "access_token");
  BOOST_TEST(claim(text, "sub") == user);
  BOOST_TEST(claim(text, "tenant") == tenant);
  const auto all = claims(text);
  BOOST_TEST(all.find("act")->find("sub")->as_string() == service.id);
  BOOST_TEST(gatehouse::json::to_text(*all.find("roles")) == R"(["editor"])");
  BOOST_TEST(*all.find("exp")->as_integer() - *all.find("iat")->as_integer() == 300);

  const auto session = db::Scope::session(tenant, user, claim(text, "sid"));
  BOOST_CHECK_NO_THROW(users.read(session, nothing));
}

BOOST_AUTO_TEST_CASE(delegation_is_audited_and_journalled) {
  const auto response = ask(tenant, user, service);
  const auto rows = op.read(db::Scope::tenant(tenant), read_audit, {tenant});
  BOOST_TEST_REQUIRE(rows.rows() == 1);
  BOOST_TEST(rows.text(0, "event") == "token.delegated");
  BOOST_TEST(rows.text(0, "outcome") == "success");
  BOOST_TEST(rows.text(0, "actor_id") == service.id);
  BOOST_TEST(rows.text(0, "on_behalf_of") == user);
  BOOST_TEST(rows.text(0, "resource_id") == claim(member(response, "access_token"), "sid"));

  journals.flush(database);
  const auto issued = op.read(db::Scope::none(), read_issued, {user});
  BOOST_TEST_REQUIRE(issued.rows() == 1);
  BOOST_TEST(issued.text(0, "client_id") == service.id);
  BOOST_TEST(issued.text(0, "kind") == "delegated");
}

BOOST_AUTO_TEST_CASE(scope_auth_token_is_needed) {
  const auto response = ask(tenant, user, make_client({.scopes = {"user:read"}}));
  check_refused(response, 403, "Forbidden");
}

BOOST_AUTO_TEST_CASE(r36_service_of_one_tenant_reaches_no_other) {
  const std::string own = make_tenant();
  const Credentials bound = make_client({.tenant_id = own, .scopes = {"auth:token"}});
  check_refused(ask(tenant, user, bound), 404, "tenant not found");
  check_refused(ask(own, user, bound), 404, "user not found");
  BOOST_TEST(ask(own, make_user(own), bound).status == 200);
}

BOOST_AUTO_TEST_CASE(unknown_tenants_and_users_are_404) {
  check_refused(ask(make_id("tnt_", clock.now()), user, service), 404, "tenant not found");
  check_refused(ask("*", user, service), 404, "tenant not found");
  check_refused(ask(tenant, make_id("usr_", clock.now()), service), 404, "user not found");
  check_refused(ask(tenant, "' OR 1=1 --", service), 404, "user not found");
}

BOOST_AUTO_TEST_CASE(disabled_users_and_tenants_are_422) {
  check_refused(ask(tenant, make_user(tenant, "disabled"), service), 422, "the user is disabled");
  set_tenant_status(tenant, "disabled");
  check_refused(ask(tenant, user, service), 422, "the tenant is disabled");
}

BOOST_AUTO_TEST_SUITE_END()
