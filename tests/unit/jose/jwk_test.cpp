#include "jose/jwk.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "json/parse.h"

using namespace gatehouse;
using namespace gatehouse::jose;
using crypto::Algorithm;
using crypto::KeyError;
using crypto::PrivateKey;

namespace {

const std::string x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const std::string y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const std::string good = R"({"kty":"EC","crv":"P-256","x":")" + x + R"(","y":")" + y + "\"}";

std::string with(const std::string& member) {
  return good.substr(0, good.size() - 1) + "," + member + "}";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(jwk)

BOOST_AUTO_TEST_CASE(jwk_has_the_members_of_rfc_7517_and_nothing_private) {
  const auto key = from_jwk(json::parse(good), Algorithm::es256);
  BOOST_TEST(to_jwk("k1", key) ==
             R"({"kty":"EC","use":"sig","alg":"ES256","kid":"k1","crv":"P-256","x":")" + x +
                 R"(","y":")" + y + "\"}");
}

BOOST_AUTO_TEST_CASE(every_kind_of_key_survives_its_jwk) {
  for (const auto algorithm : {Algorithm::es256, Algorithm::eddsa, Algorithm::rs256}) {
    const auto key = PrivateKey::generate(algorithm);
    const auto value = json::parse(to_jwk("k", key.public_key()));
    for (const char* name : {"d", "p", "q", "k"}) BOOST_TEST(value.find(name) == nullptr);
    BOOST_TEST(from_jwk(value, algorithm).verify("data", key.sign("data")));
  }
}

BOOST_AUTO_TEST_CASE(set_lists_all_keys_but_hs256) {
  const auto es = from_jwk(json::parse(good), Algorithm::es256);
  const auto hs = PrivateKey::generate(Algorithm::hs256).public_key();
  BOOST_TEST(jwks({}) == R"({"keys":[]})");
  BOOST_TEST(jwks({{"h", Algorithm::hs256, hs}}) == R"({"keys":[]})");
  BOOST_TEST(jwks({{"a", Algorithm::es256, es},
                   {"h", Algorithm::hs256, hs},
                   {"b", Algorithm::es256, es}}) ==
             R"({"keys":[)" + to_jwk("a", es) + "," + to_jwk("b", es) + "]}");
  BOOST_CHECK_THROW(to_jwk("h", hs), KeyError);
}

BOOST_AUTO_TEST_CASE(unknown_members_are_ignored_and_matching_ones_fine) {
  for (const char* member : {R"("use":"sig")", R"("alg":"ES256")", R"("key_ops":["verify"])",
                             R"("kid":"a")", R"("x5t":"a")"})
    BOOST_CHECK_NO_THROW(from_jwk(json::parse(with(member)), Algorithm::es256));
}

BOOST_AUTO_TEST_CASE(unacceptable_jwks_are_refused) {
  const std::vector<std::string> bad = {
      "null",
      "[]",
      "{}",
      "\"x\"",
      R"({"kty":"EC"})",
      with(R"("d":"AAAA")"),
      with(R"("k":"AAAA")"),
      with(R"("use":"enc")"),
      with(R"("use":1)"),
      with(R"("key_ops":["sign"])"),
      with(R"("key_ops":1)"),
      with(R"("alg":"RS256")"),
      with(R"("alg":"HS256")"),
      with(R"("alg":"none")"),
      R"({"kty":"oct","k":"AAAA"})",
      R"({"kty":"EC","crv":"P-256","x":1,"y":2})",
      R"({"kty":"EC","crv":"P-521","x":")" + x + R"(","y":")" + y + "\"}",
  };
  for (const auto& text : bad) {
    BOOST_TEST_INFO(text);
    BOOST_CHECK_THROW(from_jwk(json::parse(text), Algorithm::es256), KeyError);
  }
  BOOST_CHECK_THROW(from_jwk(json::parse(good), Algorithm::eddsa), KeyError);
  BOOST_CHECK_THROW(from_jwk(json::parse(good), Algorithm::hs256), KeyError);
}

BOOST_AUTO_TEST_CASE(kid_is_the_thumbprint_but_for_hs256_random) {
  const auto es = from_jwk(json::parse(good), Algorithm::es256);
  BOOST_TEST(make_kid(es) == thumbprint(es));
  BOOST_TEST(thumbprint(es).size() == 43);
  const auto hs = PrivateKey::generate(Algorithm::hs256).public_key();
  BOOST_TEST(make_kid(hs).size() == 43);
  BOOST_TEST(make_kid(hs) != make_kid(hs));
  BOOST_CHECK_THROW(thumbprint(hs), KeyError);
}

BOOST_AUTO_TEST_CASE(foreign_set_gives_each_key_its_algorithm_and_an_id) {
  const auto ed = PrivateKey::generate(Algorithm::eddsa).public_key();
  const auto rsa = PrivateKey::generate(Algorithm::rs256).public_key();
  const auto without_alg = [](std::string text) {
    text.erase(text.find(R"("alg")"), text.find(R"("kid")") - text.find(R"("alg")"));
    return text;
  };
  const auto keys =
      from_jwks(json::parse(R"({"keys":[)" + good + "," + without_alg(to_jwk("e", ed)) + "," +
                            without_alg(to_jwk("r", rsa)) + R"(],"more":1})"),
                3);
  BOOST_TEST_REQUIRE(keys.size() == 3U);
  BOOST_TEST(keys[0].kid == thumbprint(keys[0].key));
  BOOST_TEST((keys[0].algorithm == Algorithm::es256));
  BOOST_TEST(keys[1].kid == "e");
  BOOST_TEST((keys[1].algorithm == Algorithm::eddsa));
  BOOST_TEST((keys[2].algorithm == Algorithm::rs256));
}

BOOST_AUTO_TEST_CASE(unacceptable_sets_are_refused) {
  const std::vector<std::string> bad = {
      "{}",
      "[]",
      good,
      R"({"keys":{}})",
      R"({"keys":[]})",
      R"({"keys":[1]})",
      R"({"keys":[)" + good + "," + good + "]}",
      R"({"keys":[)" + with(R"("kid":"a")") + "," + with(R"("kid":"b")") + "," +
          with(R"("kid":"c")") + "]}",
      R"({"keys":[)" + with(R"("d":"AAAA")") + "]}",
      R"({"keys":[)" + with(R"("alg":"ES384")") + "]}",
      R"({"keys":[)" + with(R"("kid":1)") + "]}",
      R"({"keys":[{"kty":"oct","k":"AAAA"}]})",
      R"({"keys":[{"kty":"oct","alg":"HS256"}]})",
  };
  for (const auto& text : bad) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_CHECK_THROW(from_jwks(json::parse(text), 2), KeyError);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
