#include "jose/jws.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "unit/jose/tokens.h"

using namespace gatehouse;
using namespace gatehouse::jose;
using namespace gatehouse::jose::test;
using crypto::Algorithm;

BOOST_AUTO_TEST_SUITE(jws)

BOOST_AUTO_TEST_CASE(token_comes_back_with_its_type_key_and_claims) {
  const Keys keys;
  for (const auto& [kid, key] : {std::pair("es", keys.es), {"ed", keys.ed}, {"hs", keys.hs}}) {
    const SigningKey signing(kid, key);
    const auto token =
        sign_compact(signing.encoded_header("at+jwt"), R"({"sub":"svc_1","n":1})", signing.key);
    const auto result = verify_compact(token, keys.set);
    BOOST_REQUIRE(result);
    BOOST_TEST(result.token->typ == "at+jwt");
    BOOST_TEST(result.token->kid == kid);
    BOOST_TEST(result.token->claims.find("sub")->as_string() == "svc_1");
  }
}

BOOST_AUTO_TEST_CASE(header_names_type_algorithm_and_key) {
  const Keys keys;
  const SigningKey signing("es", keys.es);
  BOOST_TEST(from_base64url(signing.encoded_header("JWT")).value() ==
             R"({"typ":"JWT","alg":"ES256","kid":"es"})");
  BOOST_CHECK_THROW(signing.encoded_header("secevent+jwt"), std::out_of_range);
  BOOST_CHECK_NO_THROW(SigningKey("es", keys.es, {"secevent+jwt"}).encoded_header("secevent+jwt"));
}

BOOST_AUTO_TEST_CASE(type_may_be_absent_and_unknown_header_members_are_ignored) {
  const Keys keys;
  const auto result =
      verify_compact(signed_token(R"({"alg":"ES256","kid":"es","x":1})", "{}", keys.es), keys.set);
  BOOST_REQUIRE(result);
  BOOST_TEST(result.token->typ.empty());
}

BOOST_AUTO_TEST_CASE(key_set_refuses_doubled_empty_and_contradictory_records) {
  const Keys keys;
  const auto es = keys.es.public_key();
  using Records = std::vector<VerificationKey>;
  BOOST_CHECK_THROW(KeySet(Records{{"a", Algorithm::es256, es}, {"a", Algorithm::es256, es}}),
                    std::invalid_argument);
  BOOST_CHECK_THROW(KeySet(Records{{"", Algorithm::es256, es}}), std::invalid_argument);
  BOOST_CHECK_THROW(KeySet(Records{{"a", Algorithm::hs256, es}}), std::invalid_argument);
  BOOST_TEST(KeySet().find("a") == nullptr);
  BOOST_TEST(keys.set.find("es")->kid == "es");
  BOOST_TEST(keys.set.find("e") == nullptr);
  BOOST_TEST(keys.set.find("") == nullptr);
}

BOOST_AUTO_TEST_CASE(rejections_have_their_own_names) {
  BOOST_TEST(to_string(Rejection::malformed) == "malformed");
  BOOST_TEST(to_string(Rejection::not_yet_valid) == "not_yet_valid");
}

BOOST_AUTO_TEST_SUITE_END()
