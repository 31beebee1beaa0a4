#include "auth/dpop.h"

#include <boost/test/unit_test.hpp>

#include "crypto/hash.h"
#include "functions/tokens/fixture.h"
#include "jose/jwk.h"

using namespace gatehouse;
using namespace gatehouse::tokens;
using namespace std::chrono_literals;

namespace {

using crypto::Algorithm;
using crypto::PrivateKey;

const std::string grant = "grant_type=client_credentials";
constexpr std::string_view resource = "/api/internal/auth/token";

std::string encoded(std::string_view text) {
  return to_base64url(as_bytes(text));
}

constexpr db::Statement count_used{"test_count_used",
                                   "SELECT count(*) AS n FROM gatehouse.used_once"};

struct Dpop : Fixture {
  const PrivateKey key = PrivateKey::generate(Algorithm::es256);
  const Credentials who = make_client({.scopes = {"auth:token"}});

  struct Said {
    std::string htm = "POST", htu, jti, ath;
    std::chrono::seconds age{0};
    std::string typ = "dpop+jwt";
  };
  Said about(std::string_view path, const std::string& access_token = {}) const {
    Said said{.htu = settings.issuer + std::string(path),
              .jti = make_id("jti_", SystemClock().now()),
              .ath = {}};
    if (!access_token.empty()) said.ath = to_base64url(crypto::sha256(access_token));
    return said;
  }
  std::string sign(const Said& said, const PrivateKey& with) const {
    const std::string header = R"({"typ":")" + said.typ + R"(","alg":"ES256","jwk":)" +
                               jose::to_jwk("k", with.public_key()) + "}";
    std::string claims = R"({"htm":")" + said.htm + R"(","htu":")" + said.htu + R"(","jti":")" +
                         said.jti + R"(","iat":)" +
                         std::to_string(unix_seconds(clock.now() - said.age));
    if (!said.ath.empty()) claims += R"(,"ath":")" + said.ath + '"';
    return jose::sign_compact(encoded(header), claims + "}", with);
  }
  std::string sign(const Said& said) const { return sign(said, key); }

  http::Response ask(const std::string& proof) {
    return send(
        {.path = "/oauth/token", .body = grant, .authorization = who.basic(), .dpop = proof});
  }
  void refused(const std::string& proof) {
    const auto response = ask(proof);
    BOOST_TEST(response.status == 400);
    BOOST_TEST(member(response, "error") == "invalid_dpop_proof");
    BOOST_TEST(!member(response, "error_description").empty());
  }
  std::string bound_token() {
    const auto response = ask(sign(about("/oauth/token")));
    BOOST_TEST_REQUIRE(response.status == 200, response.body);
    return member(response, "access_token");
  }
  /// A route of this system that a service token opens; 404 is beyond the door.
  http::Response call(const std::string& authorization, const std::string& proof) {
    return send({.path = std::string(resource),
                 .body = R"({"tenant_id":"tnt_x","user_id":"usr_x"})",
                 .authorization = authorization,
                 .content_type = "application/json",
                 .dpop = proof});
  }
  std::int64_t used_up() {
    db::Connection owner(db::connection_options(settings, "gatehouse_owner"));
    return owner.read(db::Scope::none(), count_used).integer(0, "n");
  }
  void shut(const http::Response& response, std::string_view code) {
    BOOST_TEST(response.status == 401);
    BOOST_TEST(member(response, "code") == code);
    const std::string challenge = header(response, "WWW-Authenticate");
    BOOST_TEST(challenge.starts_with("DPoP "), challenge);
    BOOST_TEST(challenge.find("algs=\"ES256 EdDSA Ed25519 RS256\"") != std::string::npos,
               challenge);
  }
};

constexpr db::Statement bind_client{"test_bind_client",
                                    "UPDATE services SET dpop_bound = true WHERE client_id = $1"};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(dpop, Dpop)

BOOST_AUTO_TEST_CASE(token_is_bound_to_the_key_of_the_proof) {
  const auto response = ask(sign(about("/oauth/token")));
  BOOST_TEST_REQUIRE(response.status == 200, response.body);
  BOOST_TEST(member(response, "token_type") == "DPoP");
  const auto all = claims(member(response, "access_token"));
  BOOST_TEST(all.find("cnf")->find("jkt")->as_string() == jose::thumbprint(key.public_key()));
}

BOOST_AUTO_TEST_CASE(client_that_is_bound_gets_no_token_without_a_proof) {
  services.write(db::Scope::none(), bind_client, {who.id});
  forget();
  const auto response = token(grant, who.basic());
  BOOST_TEST(response.status == 400);
  BOOST_TEST(member(response, "error") == "invalid_dpop_proof");
  const auto by_json =
      json("/v1/internal/services/authenticate",
           R"({"client_id":")" + who.id + R"(","client_secret":")" + who.secret + "\"}");
  BOOST_TEST(by_json.status == 400);
  BOOST_TEST(ask(sign(about("/oauth/token"))).status == 200);
}

BOOST_AUTO_TEST_CASE(r10_method_url_and_time_of_the_proof_are_checked) {
  Said said = about("/oauth/token");
  said.htm = "GET";
  refused(sign(said));
  for (const std::string& htu :
       {settings.issuer, settings.issuer + "/oauth/token/", std::string("/oauth/token"),
        std::string("https://evil.example/oauth/token"), std::string()}) {
    said = about("/oauth/token");
    said.htu = htu;
    refused(sign(said));
  }
  said = about("/oauth/token");
  said.age = auth::longest_proof + 10s;
  refused(sign(said));
  said.age = -10s;
  refused(sign(said));
  said = about("/oauth/token");
  said.jti = "";
  refused(sign(said));
  said.jti = std::string(257, 'j');
  refused(sign(said));
  said = about("/oauth/token");
  said.typ = "JWT";
  refused(sign(said));
  refused("x");
  refused(",");
  refused(sign(about("/oauth/token")) + "," + sign(about("/oauth/token")));
}

BOOST_AUTO_TEST_CASE(r10_replayed_proof_is_refused) {
  const std::string proof = sign(about("/oauth/token"));
  BOOST_TEST(ask(proof).status == 200);
  refused(proof);
  // As old as it may get, and at the very end of what is remembered.
  Said said = about("/oauth/token");
  said.age = auth::longest_proof;
  const std::string old = sign(said);
  BOOST_TEST(ask(old).status == 200);
  clock.offset = 5s;
  refused(old);
}

BOOST_AUTO_TEST_CASE(bound_token_opens_a_route_with_a_proof_of_this_request) {
  const std::string text = bound_token();
  BOOST_TEST(call("DPoP " + text, sign(about(resource, text))).status == 404);
  BOOST_TEST(call("dpop " + text, sign(about(resource, text))).status == 404);
}

BOOST_AUTO_TEST_CASE(r10_bound_token_is_refused_without_the_proof_that_goes_with_it) {
  const std::string text = bound_token();
  shut(call("Bearer " + text, {}), "dpop_required");
  shut(call("Bearer " + text, sign(about(resource, text))), "dpop_required");
  shut(call("DPoP " + text, {}), "dpop_proof_invalid");
  shut(call("DPoP " + text, sign(about(resource))), "dpop_proof_invalid");
  shut(call("DPoP " + text, sign(about("/oauth/token", text))), "dpop_proof_invalid");
  shut(call("DPoP " + text, sign(about(resource, bound_token()))), "dpop_proof_invalid");
  const PrivateKey thief = PrivateKey::generate(Algorithm::es256);
  const auto kept = used_up();
  shut(call("DPoP " + text, sign(about(resource, text), thief)), "token_not_bound");
  BOOST_TEST(used_up() == kept, "a thief does not fill the table");
  const std::string proof = sign(about(resource, text));
  BOOST_TEST(call("DPoP " + text, proof).status == 404);
  shut(call("DPoP " + text, proof), "dpop_proof_invalid");
}

BOOST_AUTO_TEST_CASE(token_to_act_for_a_user_is_bound_as_the_services_own) {
  const std::string tenant = make_tenant(), user = make_user(tenant), text = bound_token();
  const auto response =
      send({.path = std::string(resource),
            .body = R"({"tenant_id":")" + tenant + R"(","user_id":")" + user + "\"}",
            .authorization = "DPoP " + text,
            .content_type = "application/json",
            .dpop = sign(about(resource, text))});
  BOOST_TEST_REQUIRE(response.status == 200, response.body);
  BOOST_TEST(member(response, "token_type") == "DPoP");
  const auto all = claims(member(response, "access_token"));
  BOOST_TEST_REQUIRE(all.find("cnf") != nullptr);
  BOOST_TEST(all.find("cnf")->find("jkt")->as_string() == jose::thumbprint(key.public_key()));
}

BOOST_AUTO_TEST_CASE(bearer_token_is_none_to_be_sent_with_a_proof) {
  const std::string text = access_token(who);
  BOOST_TEST(call("Bearer " + text, {}).status == 404);
  shut(call("DPoP " + text, sign(about(resource, text))), "token_not_bound");
}

BOOST_AUTO_TEST_CASE(proof_has_the_type_of_no_other_token_and_no_other_is_a_proof) {
  refused(access_token(who));
  Said said = about("/oauth/token");
  said.typ = "at+jwt";
  refused(sign(said));
  const auto response = call("Bearer " + sign(about(resource)), {});
  BOOST_TEST(response.status == 401);
  BOOST_TEST(member(response, "code") == "service_token_invalid");
}

BOOST_AUTO_TEST_CASE(introspection_says_what_the_token_is_bound_to) {
  const std::string text = member(ask(sign(about("/oauth/token"))), "access_token");
  const auto response =
      send({.path = "/oauth/introspect", .body = "token=" + text, .authorization = who.basic()});
  BOOST_TEST(member(response, "active") == "true");
  BOOST_TEST(member(response, "token_type") == "DPoP");
  BOOST_TEST(member(response, "cnf") == gatehouse::json::to_text(*claims(text).find("cnf")));
}

BOOST_AUTO_TEST_CASE(a_tenants_issuer_binds_by_a_proof_of_its_own_url) {
  const std::string tenant = make_tenant(), path = "/t/" + tenant + "/oauth/token";
  open_issuer(tenant);
  const Credentials bound = make_client({.tenant_id = tenant});
  const auto status = [&](const std::string& proven) {
    return send({.path = path,
                 .body = grant,
                 .authorization = bound.basic(),
                 .dpop = sign(about(proven))})
        .status;
  };
  BOOST_TEST(status(path) == 200);
  BOOST_TEST(status("/oauth/token") == 400);
}

BOOST_AUTO_TEST_SUITE_END()
