#include "jose/proof.h"

#include <boost/test/unit_test.hpp>

#include "jose/jwk.h"
#include "unit/jose/tokens.h"

using namespace gatehouse;
using namespace gatehouse::jose;
using namespace gatehouse::jose::test;
using crypto::Algorithm;
using crypto::PrivateKey;

namespace {

const Keys keys;
const std::string claims = R"({"htm":"POST"})";

std::string header(const PrivateKey& key, std::string_view alg, const std::string& more = {},
                   std::string_view typ = "dpop+jwt") {
  return R"({"typ":")" + std::string(typ) + R"(","alg":")" + std::string(alg) + R"(","jwk":)" +
         to_jwk("any", key.public_key()) + more + "}";
}

bool proves(const std::string& token) {
  return verify_proof(token, "dpop+jwt").has_value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(proof)

BOOST_AUTO_TEST_CASE(proof_of_each_algorithm_names_its_key_by_thumbprint) {
  for (const Algorithm algorithm : {Algorithm::es256, Algorithm::eddsa, Algorithm::rs256}) {
    const auto key = PrivateKey::generate(algorithm);
    const auto shown =
        verify_proof(signed_token(header(key, algorithm_name(algorithm)), claims, key), "dpop+jwt");
    BOOST_TEST_REQUIRE(shown.has_value());
    BOOST_TEST(shown->thumbprint == thumbprint(key.public_key()));
    BOOST_TEST(shown->claims.find("htm")->as_string() == "POST");
  }
}

BOOST_AUTO_TEST_CASE(signature_of_another_key_proves_nothing) {
  const auto other = PrivateKey::generate(Algorithm::es256);
  BOOST_TEST(!proves(signed_token(header(keys.es, "ES256"), claims, other)));
  BOOST_TEST(!proves(signed_token(header(keys.es, "EdDSA"), claims, keys.ed)));
}

BOOST_AUTO_TEST_CASE(type_is_exactly_the_one_asked_for) {
  for (const char* typ : {"", "JWT", "at+jwt", "DPOP+JWT", "dpop+jwt "}) {
    BOOST_TEST(!proves(signed_token(header(keys.es, "ES256", {}, typ), claims, keys.es)), typ);
  }
}

BOOST_AUTO_TEST_CASE(key_is_public_and_in_the_token) {
  BOOST_TEST(!proves(signed_token(R"({"typ":"dpop+jwt","alg":"ES256"})", claims, keys.es)));
  BOOST_TEST(
      !proves(signed_token(R"({"typ":"dpop+jwt","alg":"ES256","jwk":"x"})", claims, keys.es)));
  BOOST_TEST(!proves(signed_token(
      R"({"typ":"dpop+jwt","alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}})", claims, keys.hs)));
  auto with_private = header(keys.es, "ES256");
  with_private.insert(with_private.find(R"("kty")"), R"("d":"AAAA",)");
  BOOST_TEST(!proves(signed_token(with_private, claims, keys.es)));
}

BOOST_AUTO_TEST_CASE(headers_that_ask_for_more_are_refused) {
  for (const char* more : {R"(,"crit":["x"])", R"(,"jku":"https://evil.example/")",
                           R"(,"x5c":["AA"])", R"(,"b64":false)"}) {
    BOOST_TEST(!proves(signed_token(header(keys.es, "ES256", more), claims, keys.es)), more);
  }
}

BOOST_AUTO_TEST_CASE(r18_token_with_a_key_of_its_own_verifies_under_no_set) {
  const auto token = signed_token(header(keys.es, "ES256", R"(,"kid":"es")"), claims, keys.es);
  BOOST_TEST(proves(token));
  BOOST_TEST(!verify_compact(token, keys.set));
}

BOOST_AUTO_TEST_CASE(kid_is_implied_only_where_it_is_allowed_and_there_is_one_key) {
  const auto token = signed_token(R"({"alg":"ES256"})", claims, keys.es);
  const KeySet one({{"es", Algorithm::es256, keys.es.public_key()}});
  BOOST_TEST(!verify_compact(token, one));
  BOOST_TEST(!!verify_compact(token, one, KeyId::implied_by_one));
  BOOST_TEST(!verify_compact(token, keys.set, KeyId::implied_by_one));
  const auto named = signed_token(R"({"alg":"ES256","kid":"x"})", claims, keys.es);
  BOOST_TEST(!verify_compact(named, one, KeyId::implied_by_one));
}

BOOST_AUTO_TEST_SUITE_END()
