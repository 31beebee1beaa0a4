#include "tokens/client_assertion.h"

#include <boost/test/unit_test.hpp>
#include <future>

#include "functions/tokens/fixture.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "support/superuser.h"

using namespace gatehouse;
using namespace gatehouse::tokens;
using namespace std::chrono_literals;

namespace {

using crypto::Algorithm;
using crypto::PrivateKey;

constexpr db::Statement read_used{"test_read_used",
                                  "SELECT max(octet_length(id)) AS bytes, count(*) AS n"
                                  "  FROM gatehouse.used_once"};

std::string encoded(std::string_view text) {
  return to_base64url(as_bytes(text));
}

/// A client that authenticates by a key, and what it sends.
struct Keyed : Fixture {
  const Credentials who = make_client({.scopes = {"user:read"}});
  const PrivateKey key = PrivateKey::generate(Algorithm::es256);

  Keyed() { set_keys({{"k1", Algorithm::es256, key.public_key()}}); }

  void set_keys(const std::vector<jose::VerificationKey>& keys) {
    set_method(who.id, "private_key_jwt", jose::jwks(keys));
  }

  struct Said {
    std::string header = R"({"typ":"JWT","alg":"ES256","kid":"k1"})";
    std::string iss, sub, aud, jti = "";
    std::chrono::seconds exp{60};
    std::string more;  ///< further members
  };
  Said good() const {
    Said said;
    said.iss = said.sub = who.id;
    said.aud = '"' + settings.issuer + '"';
    said.jti = make_id("jti_", SystemClock().now());
    return said;
  }
  std::string claims_text(const Said& said) const {
    return R"({"iss":")" + said.iss + R"(","sub":")" + said.sub + R"(","aud":)" + said.aud +
           R"(,"jti":")" + said.jti + R"(","exp":)" +
           std::to_string(unix_seconds(clock.now() + said.exp)) + said.more + "}";
  }
  std::string sign(const Said& said, const PrivateKey& with) const {
    return jose::sign_compact(encoded(said.header), claims_text(said), with);
  }
  std::string sign(const Said& said) const { return sign(said, key); }

  http::Response ask(const std::string& assertion, const std::string& more = {},
                     const std::string& authorization = {}) {
    return token("grant_type=client_credentials&client_assertion_type=" + std::string(jwt_bearer) +
                     "&client_assertion=" + assertion + more,
                 authorization);
  }
  void refused(const std::string& assertion, std::string_view code, int status = 401) {
    const auto response = ask(assertion);
    BOOST_TEST(response.status == status);
    BOOST_TEST(member(response, "code") == code);
    BOOST_TEST(member(response, "error") == (status == 401 ? "invalid_client" : "invalid_request"));
  }
  void accepted(const std::string& assertion) {
    const auto response = ask(assertion);
    BOOST_TEST(response.status == 200, response.body);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(client_assertion, Keyed)

BOOST_AUTO_TEST_CASE(client_with_a_key_obtains_a_token_without_any_secret) {
  const auto response = ask(sign(good()), "&client_id=" + who.id);
  BOOST_TEST_REQUIRE(response.status == 200, response.body);
  BOOST_TEST(claim(member(response, "access_token"), "sub") == who.id);
  BOOST_TEST(member(response, "scope") == "user:read");
}

BOOST_AUTO_TEST_CASE(every_algorithm_verifies_under_its_own_key) {
  const PrivateKey ed = PrivateKey::generate(Algorithm::eddsa);
  const PrivateKey rsa = PrivateKey::generate(Algorithm::rs256);
  set_keys({{"k1", Algorithm::es256, key.public_key()},
            {"ed", Algorithm::eddsa, ed.public_key()},
            {"rsa", Algorithm::rs256, rsa.public_key()}});
  Said said = good();
  accepted(sign(said));
  said = good();
  said.header = R"({"alg":"EdDSA","kid":"ed"})";
  accepted(sign(said, ed));
  said = good();
  said.header = R"({"typ":"client-authentication+jwt","alg":"RS256","kid":"rsa"})";
  accepted(sign(said, rsa));
}

BOOST_AUTO_TEST_CASE(kid_may_be_left_out_where_there_is_one_key) {
  Said said = good();
  said.header = R"({"alg":"ES256"})";
  accepted(sign(said));
  const PrivateKey other = PrivateKey::generate(Algorithm::es256);
  set_keys(
      {{"k1", Algorithm::es256, key.public_key()}, {"k2", Algorithm::es256, other.public_key()}});
  said.jti += "2";
  refused(sign(said), "invalid_client");
}

BOOST_AUTO_TEST_CASE(r07_audience_is_the_issuer_alone) {
  Said said = good();
  said.aud = "[\"" + settings.issuer + "\"]";
  accepted(sign(said));
  for (const std::string& aud :
       {'"' + settings.issuer + "/oauth/token\"", '"' + settings.issuer + "/\"",
        "[\"" + settings.issuer + "\",\"" + settings.issuer + "/oauth/token\"]",
        "[[\"" + settings.issuer + "\"]]", std::string("[]"), std::string("null"), std::string("1"),
        '"' + settings.audience + '"'}) {
    BOOST_TEST_CONTEXT(aud) {
      said = good();
      said.aud = aud;
      refused(sign(said), "client_assertion_audience");
    }
  }
}

BOOST_AUTO_TEST_CASE(r07_at_a_tenants_issuer_the_audience_is_that_issuer_alone) {
  const std::string tenant = make_tenant();
  open_issuer(tenant);
  const Credentials bound = make_client({.tenant_id = tenant});
  set_method(bound.id, "private_key_jwt", jose::jwks({{"k1", Algorithm::es256, key.public_key()}}));
  const std::string own = settings.issuer + "/t/" + tenant;
  const auto status = [&](const std::string& path, const std::string& audience) {
    Said said = good();
    said.iss = said.sub = bound.id;
    said.aud = '"' + audience + '"';
    return send({.path = path,
                 .body = "grant_type=client_credentials&client_assertion_type=" +
                         std::string(jwt_bearer) + "&client_assertion=" + sign(said)})
        .status;
  };
  BOOST_TEST(status("/t/" + tenant + "/oauth/token", own) == 200);
  BOOST_TEST(status("/t/" + tenant + "/oauth/token", settings.issuer) == 401);
  BOOST_TEST(status("/oauth/token", own) == 401);
  BOOST_TEST(status("/oauth/token", settings.issuer) == 200);
}

BOOST_AUTO_TEST_CASE(r08_assertion_is_used_once) {
  const std::string assertion = sign(good());
  accepted(assertion);
  refused(assertion, "client_assertion_used");
  // Another assertion with the same id is a replay as well.
  Said said = good();
  accepted(sign(said));
  said.exp = 90s;
  refused(sign(said), "client_assertion_used");
  // Ids are each client's own.
  const std::string before = good().jti;
  said = good();
  said.jti = before;
  accepted(sign(said));
  const Credentials another = make_client({});
  set_method(another.id, "private_key_jwt",
             jose::jwks({{"k1", Algorithm::es256, key.public_key()}}));
  said.iss = said.sub = another.id;
  accepted(sign(said));
}

BOOST_AUTO_TEST_CASE(r08_of_many_uses_at_once_one_succeeds) {
  const std::string assertion = sign(good());
  std::vector<std::future<int>> uses;
  for (int i = 0; i < 8; ++i) {
    uses.push_back(std::async(std::launch::async, [&] {
      db::Connection own(db::connection_options(settings, "gatehouse_tokens"));
      return send({.path = "/oauth/token",
                   .body = "grant_type=client_credentials&client_assertion_type=" +
                           std::string(jwt_bearer) + "&client_assertion=" + assertion},
                  own)
          .status;
    }));
  }
  int accepted_uses = 0;
  for (auto& use : uses) accepted_uses += use.get() == 200 ? 1 : 0;
  BOOST_TEST(accepted_uses == 1);
}

BOOST_AUTO_TEST_CASE(what_is_remembered_is_no_more_than_128_bits) {
  accepted(sign(good()));
  db::Connection all(test::superuser_options(settings));
  const db::Result rows = all.read(db::Scope::none(), read_used);
  BOOST_TEST(rows.integer(0, "bytes") == 16);
}

BOOST_AUTO_TEST_CASE(r08_life_is_short) {
  Said said = good();
  said.exp = longest_assertion;
  accepted(sign(said));
  said = good();
  said.exp = longest_assertion + 10s;
  refused(sign(said), "client_assertion_too_long");
  said = good();
  said.exp = -10s;
  refused(sign(said), "client_assertion_expired");
  said = good();
  said.more = R"(,"iat":)" + std::to_string(unix_seconds(clock.now() + 60s));
  refused(sign(said), "client_assertion_not_yet_valid");
  said.more = R"(,"nbf":)" + std::to_string(unix_seconds(clock.now() + 60s));
  refused(sign(said), "client_assertion_not_yet_valid");
}

BOOST_AUTO_TEST_CASE(claims_name_the_client_and_an_id) {
  Said said = good();
  said.jti = "";
  refused(sign(said), "client_assertion_id_required");
  said.jti = std::string(257, 'x');
  refused(sign(said), "client_assertion_id_required");
  said = good();
  said.iss = make_client({}).id;
  refused(sign(said), "client_assertion_invalid");
  said = good();
  said.more = R"(,"nbf":"soon")";
  refused(sign(said), "client_assertion_invalid");
  said = good();
  const std::string claims = R"({"iss":")" + who.id + R"(","sub":")" + who.id + R"(","aud":")" +
                             settings.issuer + R"(","jti":"a"})";
  refused(jose::sign_compact(encoded(said.header), claims, key), "client_assertion_invalid");
}

BOOST_AUTO_TEST_CASE(r19_no_other_kind_of_token_is_an_assertion) {
  Said said = good();
  for (const char* typ : {"at+jwt", "dpop+jwt", "JWS", "jWt"}) {
    said.header = R"({"typ":")" + std::string(typ) + R"(","alg":"ES256","kid":"k1"})";
    refused(sign(said), "client_assertion_invalid");
  }
  refused(access_token(make_client({})), "invalid_client");
}

BOOST_AUTO_TEST_CASE(r17_forged_assertions_are_refused_as_an_unknown_client_is) {
  const PrivateKey other = PrivateKey::generate(Algorithm::es256);
  Said said = good();
  const std::string expected = ask(sign(said, other)).body;
  refused(sign(said, other), "invalid_client");
  for (const char* header : {R"({"alg":"none","kid":"k1"})", R"({"alg":"HS256","kid":"k1"})",
                             R"({"alg":"EdDSA","kid":"k1"})", R"({"alg":"ES256","kid":"k2"})",
                             R"({"alg":"ES256","kid":"k1","jku":"https://evil.example/"})"}) {
    said.header = header;
    refused(sign(said), "invalid_client");
  }
  said.header =
      R"({"alg":"ES256","kid":"k1","jwk":)" + jose::to_jwk("k1", other.public_key()) + "}";
  refused(sign(said, other), "invalid_client");
  said = good();
  said.sub = said.iss = make_id("svc_", clock.now());
  BOOST_TEST(ask(sign(said)).body == expected);
  BOOST_TEST(ask("x").body == expected);
  BOOST_TEST(ask("..").body == expected);
  disable_client(who.id);
  BOOST_TEST(ask(sign(good())).body == expected);
}

BOOST_AUTO_TEST_CASE(client_with_a_key_cannot_use_a_secret) {
  for (const auto& response : {token("grant_type=client_credentials", who.basic()),
                               token("grant_type=client_credentials&" + who.form())}) {
    BOOST_TEST(response.status == 401);
    BOOST_TEST(member(response, "code") == "invalid_client");
  }
  const auto by_json =
      json("/v1/internal/services/authenticate",
           R"({"client_id":")" + who.id + R"(","client_secret":")" + who.secret + "\"}");
  BOOST_TEST(by_json.status == 401);
}

BOOST_AUTO_TEST_CASE(secret_is_taken_only_the_way_that_the_client_sends_it) {
  const std::string grant = "grant_type=client_credentials";
  set_method(who.id, "client_secret_basic", "");
  BOOST_TEST(token(grant, who.basic()).status == 200);
  BOOST_TEST(token(grant + "&" + who.form()).status == 401);
  set_method(who.id, "client_secret_post", "");
  BOOST_TEST(token(grant, who.basic()).status == 401);
  BOOST_TEST(token(grant + "&" + who.form()).status == 200);
  set_method(who.id, "", "");
  BOOST_TEST(token(grant, who.basic()).status == 200);
  BOOST_TEST(token(grant + "&" + who.form()).status == 200);
}

BOOST_AUTO_TEST_CASE(replaced_key_stops_working_once_the_epoch_is_read) {
  accepted(sign(good()));
  const PrivateKey next = PrivateKey::generate(Algorithm::es256);
  set_keys({{"k2", Algorithm::es256, next.public_key()}});
  refused(sign(good()), "invalid_client");
  Said said = good();
  said.header = R"({"alg":"ES256","kid":"k2"})";
  accepted(sign(said, next));
}

BOOST_AUTO_TEST_CASE(r02_assertion_beside_a_secret_is_two_ways) {
  const auto response = ask(sign(good()), "", who.basic());
  BOOST_TEST(response.status == 400);
  BOOST_TEST(member(response, "code") == "two_client_authentications");
  const auto other = ask(sign(good()), "&client_id=" + make_client({}).id);
  BOOST_TEST(other.status == 400);
  BOOST_TEST(member(other, "code") == "client_id_mismatch");
}

BOOST_AUTO_TEST_SUITE_END()
