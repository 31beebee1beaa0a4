#include <boost/test/unit_test.hpp>

#include "functions/tokens/fixture.h"

using namespace gatehouse;
using namespace gatehouse::tokens;
using namespace std::chrono_literals;

namespace {

constexpr db::Statement count_revoked{"test_count_revoked",
                                      "SELECT count(*) AS n FROM revoked_tokens WHERE jti = $1"};
constexpr db::Statement find_event{
    "test_find_event",
    "SELECT actor_id, tenant_id, on_behalf_of FROM sys_audit_logs"
    " WHERE event = 'token.revoked' AND outcome = 'success' AND resource_id = $1"};

struct RevokeFixture : Fixture {
  http::Response revoke(const Credentials& who, const std::string& text,
                        const std::string& path = "/oauth/revoke") {
    auto response = send({.path = path, .body = "token=" + text, .authorization = who.basic()});
    forget();
    return response;
  }
  bool is_revoked(const std::string& text) {
    return database.read(db::Scope::none(), count_revoked, {claim(text, "jti")}).integer(0, "n") >
           0;
  }
  bool works(const std::string& text) {
    return member(json("/v1/internal/services/validate-token", R"({"token":")" + text + "\"}"),
                  "valid") == "true";
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(revocation, RevokeFixture)

BOOST_AUTO_TEST_CASE(own_token_ends_and_no_other) {
  const Credentials who = make_client({.scopes = {"auth:token"}});
  const std::string text = access_token(who), other = access_token(who);
  BOOST_TEST(works(text));
  BOOST_TEST(revoke(who, text).status == 200);
  BOOST_TEST(!works(text));
  BOOST_TEST(works(other));
  const auto refused = json("/api/internal/auth/token", "{}", "Bearer " + text);
  BOOST_TEST(refused.status == 401);
  BOOST_TEST(member(refused, "code") == "token_revoked");
  BOOST_TEST(header(refused, "WWW-Authenticate") ==
             "Bearer realm=\"gatehouse\", error=\"invalid_token\","
             " error_description=\"the token was revoked\", scope=\"auth:token\"");
  BOOST_TEST(revoke(who, text).status == 200, "again");
}

BOOST_AUTO_TEST_CASE(another_process_learns_of_it_with_the_epoch) {
  const Credentials who = make_client({});
  const std::string text = access_token(who);
  auth::Authenticator other(settings, keyring, false);
  other.epochs().refresh(database);
  const auto accepts = [&] {
    return other.verifier().verify(text, clock.now(), database).token != nullptr;
  };
  BOOST_TEST(accepts());
  revoke(who, text);
  BOOST_TEST(accepts(), "its view has not been refreshed");
  other.epochs().refresh(database);
  BOOST_TEST(!accepts());
  auth::Authenticator late(settings, keyring, false);
  late.epochs().refresh(database);
  BOOST_TEST(
      (late.verifier().verify(text, clock.now(), database).rejection == jose::Rejection::revoked));
}

BOOST_AUTO_TEST_CASE(r13_another_clients_token_is_answered_like_none_and_lives_on) {
  const Credentials who = make_client({}), other = make_client({.scopes = {"internal:admin"}});
  const std::string text = access_token(who);
  const auto nothing = revoke(other, "garbage");
  BOOST_TEST(nothing.status == 200);
  const auto response = revoke(other, text);
  BOOST_TEST(response.status == nothing.status);
  BOOST_TEST(response.body == nothing.body);
  BOOST_TEST(works(text));
  BOOST_TEST(!is_revoked(text));
}

BOOST_AUTO_TEST_CASE(r13_unknown_and_expired_tokens_are_answered_with_200) {
  const Credentials who = make_client({});
  const std::string text = access_token(who);
  clock.offset = 400s;
  BOOST_TEST(revoke(who, text).status == 200);
  BOOST_TEST(!is_revoked(text));
  BOOST_TEST(revoke(who, "eyJhbGciOiJub25lIn0.e30.").status == 200);
}

BOOST_AUTO_TEST_CASE(stranger_revokes_nothing) {
  const std::string text = access_token(make_client({}));
  const auto response = send({.path = "/oauth/revoke", .body = "token=" + text});
  BOOST_TEST(response.status == 401);
  BOOST_TEST(member(response, "error") == "invalid_client");
  BOOST_TEST(!is_revoked(text));
}

BOOST_AUTO_TEST_CASE(service_gives_up_what_it_acts_for_a_user_with) {
  const std::string tenant = make_tenant(), user = make_user(tenant);
  const Credentials service = make_client({.scopes = {"auth:token"}});
  const std::string text = delegated_token(service, tenant, user);
  BOOST_TEST(revoke(service, text).status == 200);
  BOOST_TEST(is_revoked(text));
  const auto row = op.read(db::Scope::platform(), find_event, {claim(text, "jti")});
  BOOST_TEST_REQUIRE(row.rows() == 1);
  BOOST_TEST(row.text(0, "actor_id") == service.id);
  BOOST_TEST(row.text(0, "tenant_id") == tenant);
  BOOST_TEST(row.text(0, "on_behalf_of") == user);
}

BOOST_AUTO_TEST_CASE(users_session_is_none_of_a_clients_tokens) {
  const std::string tenant = make_tenant();
  const std::vector<std::string> roles;
  const std::string text = authenticator.issuer()
                               .issue(auth::UserClaims{.user_id = make_user(tenant),
                                                       .tenant_id = tenant,
                                                       .session_id = make_id("ses_", clock.now()),
                                                       .roles = roles},
                                      300s, clock.now(), database)
                               .text;
  const auto response = revoke(make_client({}), text);
  BOOST_TEST(response.status == 400);
  BOOST_TEST(member(response, "error") == "unsupported_token_type");
  BOOST_TEST(!is_revoked(text));
}

BOOST_AUTO_TEST_CASE(a_tenants_issuer_ends_its_own_tokens) {
  const std::string tenant = make_tenant();
  const Credentials bound = make_client({.tenant_id = tenant});
  const std::string before = access_token(bound);
  open_issuer(tenant);
  const std::string path = "/t/" + tenant + "/oauth/revoke", own = access_token(bound);
  BOOST_TEST(revoke(bound, before, path).status == 200);
  BOOST_TEST(works(before), "the platform's issuer has signed it");
  BOOST_TEST(revoke(bound, own, path).status == 200);
  BOOST_TEST(!works(own));
}

BOOST_AUTO_TEST_CASE(missing_token_is_a_bad_request) {
  const auto response =
      send({.path = "/oauth/revoke", .body = "token=", .authorization = make_client({}).basic()});
  BOOST_TEST(response.status == 400);
  BOOST_TEST(member(response, "error") == "invalid_request");
}

BOOST_AUTO_TEST_SUITE_END()
