#include <boost/test/unit_test.hpp>

#include "auth/key_rotation.h"
#include "functions/tokens/fixture.h"

using namespace gatehouse;
using namespace gatehouse::tokens;
using namespace std::chrono_literals;

namespace {

struct PublishedFixture : Fixture {
  http::Response get(std::string path) {
    return send({.method = http::Method::get, .path = std::move(path)});
  }

  static std::vector<std::string> kids(const http::Response& response) {
    std::vector<std::string> found;
    const auto body = gatehouse::json::parse(response.body);
    for (const auto& key : body.find("keys")->items()) {
      found.push_back(key.find("kid")->as_string());
    }
    return found;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(published, PublishedFixture)

BOOST_AUTO_TEST_CASE(r14_metadata_names_the_issuer_of_the_tokens_and_its_endpoints) {
  const auto response = get("/.well-known/oauth-authorization-server");
  BOOST_TEST(response.status == 200);
  BOOST_TEST(member(response, "issuer") == claim(access_token(make_client({})), "iss"));
  BOOST_TEST(member(response, "token_endpoint") == settings.issuer + "/oauth/token");
  BOOST_TEST(member(response, "jwks_uri") == settings.issuer + "/.well-known/jwks.json");
  for (const char* name : {"token", "introspection", "revocation"}) {
    BOOST_TEST(member(response, std::string(name) + "_endpoint_auth_methods_supported") ==
               R"(["client_secret_basic","client_secret_post","private_key_jwt",)"
               R"("tls_client_auth","self_signed_tls_client_auth"])");
  }
  BOOST_TEST(get("/.well-known/openid-configuration").body == response.body);
}

BOOST_AUTO_TEST_CASE(r14_a_tenants_issuer_has_metadata_keys_and_tokens_of_its_own) {
  const std::string tenant = make_tenant();
  const std::string kid = open_issuer(tenant);
  const std::string own = settings.issuer + "/t/" + tenant;
  const auto response = get("/.well-known/oauth-authorization-server/t/" + tenant);
  BOOST_TEST(member(response, "issuer") == own);
  BOOST_TEST(member(response, "token_endpoint") == own + "/oauth/token");
  BOOST_TEST(member(response, "jwks_uri") == own + "/.well-known/jwks.json");
  for (const char* name : {"oauth-authorization-server", "openid-configuration"}) {
    BOOST_TEST(get("/t/" + tenant + "/.well-known/" + name).body == response.body);
  }
  const auto keys = kids(get("/t/" + tenant + "/.well-known/jwks.json"));
  BOOST_TEST(keys == std::vector<std::string>{kid}, boost::test_tools::per_element());

  const Credentials bound = make_client({.tenant_id = tenant});
  const auto issued = send({.path = "/t/" + tenant + "/oauth/token",
                            .body = "grant_type=client_credentials",
                            .authorization = bound.basic()});
  BOOST_TEST(claim(member(issued, "access_token"), "iss") == own);
  BOOST_TEST(claim(access_token(bound), "iss") == own, "wherever it asks");
}

BOOST_AUTO_TEST_CASE(r18_no_key_is_published_by_two_issuers) {
  const std::string tenant = make_tenant();
  const std::string kid = open_issuer(tenant);
  BOOST_TEST(std::ranges::count(kids(get("/.well-known/jwks.json")), kid) == 0);
}

BOOST_AUTO_TEST_CASE(a_tenants_issuer_knows_the_clients_that_are_bound_to_it_only) {
  const std::string tenant = make_tenant();
  open_issuer(tenant);
  const auto ask = [&](const Credentials& who) {
    return send({.path = "/t/" + tenant + "/oauth/token",
                 .body = "grant_type=client_credentials",
                 .authorization = who.basic()});
  };
  const auto unknown = ask({make_id("svc_", clock.now()), make_client({}).secret});
  for (const auto& who : {make_client({}), make_client({.tenant_id = make_tenant()})}) {
    const auto response = ask(who);
    BOOST_TEST(response.status == 401);
    BOOST_TEST(response.body == unknown.body);
    BOOST_TEST(member(response, "error") == "invalid_client");
  }
}

BOOST_AUTO_TEST_CASE(a_tenant_without_an_issuer_is_like_no_tenant) {
  const std::string tenant = make_tenant(), absent = make_id("tnt_", clock.now());
  for (const std::string& one : {tenant, absent, std::string("x")}) {
    for (const char* name : {"oauth-authorization-server", "openid-configuration", "jwks.json"}) {
      const auto response = get("/t/" + one + "/.well-known/" + name);
      BOOST_TEST(response.status == 404);
      BOOST_TEST(member(response, "code") == "issuer_not_found");
      BOOST_TEST(header(response, "Cache-Control") == "no-store");
    }
    const auto refused = send({.path = "/t/" + one + "/oauth/token",
                               .body = "grant_type=client_credentials",
                               .authorization = make_client({}).basic()});
    BOOST_TEST(refused.status == 404);
    BOOST_TEST(member(refused, "error") == "invalid_request", "the shape of RFC 6749");
  }
}

BOOST_AUTO_TEST_CASE(a_closed_issuer_publishes_its_keys_and_issues_nothing) {
  const std::string tenant = make_tenant();
  const std::string kid = open_issuer(tenant);
  db::Transaction transaction(op, db::Scope::platform());
  auth::retire_all(transaction, auth::lock_keys(transaction, tenant), {.longest_token = 300s},
                   clock.start);
  transaction.commit();
  forget();
  BOOST_TEST(get("/t/" + tenant + "/.well-known/oauth-authorization-server").status == 404);
  const auto keys = kids(get("/t/" + tenant + "/.well-known/jwks.json"));
  BOOST_TEST(keys == std::vector<std::string>{kid}, boost::test_tools::per_element());
  BOOST_TEST(claim(access_token(make_client({.tenant_id = tenant})), "iss") == settings.issuer);
}

BOOST_AUTO_TEST_CASE(the_entity_tag_is_strong_and_changes_with_the_keys) {
  const std::string tenant = make_tenant();
  open_issuer(tenant);
  const std::string path = "/t/" + tenant + "/.well-known/jwks.json";
  const std::string before = header(get(path), "ETag");
  BOOST_TEST(before.starts_with('"'));
  BOOST_TEST(header(get(path), "ETag") == before);
  open_issuer(tenant);
  BOOST_TEST(header(get(path), "ETag") != before);
}

BOOST_AUTO_TEST_SUITE_END()
