#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "crypto/hash.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "unit/jose/tokens.h"

using namespace gatehouse;
using namespace gatehouse::jose;
using namespace gatehouse::jose::test;

namespace {

const Keys keys;
const std::string good_header = R"({"typ":"JWT","alg":"ES256","kid":"es"})";
const std::string claims = R"({"sub":"usr_1"})";

std::string good_token() {
  return signed_token(good_header, claims, keys.es);
}

void refused(const std::string& token, Rejection rejection) {
  const auto result = verify_compact(token, keys.set);
  BOOST_TEST(!result, token.substr(0, 200));
  BOOST_TEST(to_string(result.rejection) == to_string(rejection), token.substr(0, 200));
}

/// DER of an ES256 signature, as libraries give it: valid mathematics, wrong form.
std::string der_of(std::string_view wire) {
  const auto number = [](std::string bytes) {
    if ((bytes[0] & 0x80) != 0) bytes.insert(bytes.begin(), '\0');
    return std::string("\x02") + static_cast<char>(bytes.size()) + bytes;
  };
  const auto both = number(std::string(wire.substr(0, 32))) + number(std::string(wire.substr(32)));
  return std::string("\x30") + static_cast<char>(both.size()) + both;
}

struct Split {
  std::string text, signature;
  explicit Split(const std::string& token)
      : text(token.substr(0, token.rfind('.'))), signature(token.substr(token.rfind('.') + 1)) {}
};

}  // namespace

BOOST_AUTO_TEST_SUITE(forged)

BOOST_AUTO_TEST_CASE(good_token_is_good) {
  BOOST_TEST(!!verify_compact(good_token(), keys.set));
}

BOOST_AUTO_TEST_CASE(none_in_any_spelling_is_unsupported) {
  for (const char* alg : {"none", "None", "NONE", "nOnE", "", "HS384", "es256"}) {
    const auto text = encode(R"({"typ":"JWT","kid":"es","alg":")" + std::string(alg) + "\"}") +
                      '.' + encode(claims);
    refused(text + '.', Rejection::unsupported);
    refused(text + '.' + Split(good_token()).signature, Rejection::unsupported);
  }
  refused(signed_token(R"({"kid":"es"})", claims, keys.es), Rejection::unsupported);
}

BOOST_AUTO_TEST_CASE(public_key_used_as_hs256_secret_is_refused) {
  const auto& jwk = keys.es.public_key().jwk();
  const std::string point = '\4' + from_base64url(jwk.x).value() + from_base64url(jwk.y).value();
  const auto text = encode(R"({"typ":"JWT","alg":"HS256","kid":"es"})") + '.' + encode(claims);
  for (const auto& secret : {point, point.substr(1), to_jwk("es", keys.es.public_key())}) {
    const auto mac = crypto::HmacKey(as_bytes(secret)).sign(text);
    refused(text + '.' + to_base64url(mac), Rejection::bad_signature);
  }
}

BOOST_AUTO_TEST_CASE(algorithm_of_another_key_is_refused) {
  refused(signed_token(R"({"alg":"ES256","kid":"hs"})", claims, keys.es), Rejection::bad_signature);
  refused(signed_token(R"({"alg":"ES256","kid":"hs"})", claims, keys.hs), Rejection::bad_signature);
  refused(signed_token(R"({"alg":"EdDSA","kid":"es"})", claims, keys.ed), Rejection::bad_signature);
  refused(signed_token(R"({"alg":"ES256","kid":"es"})", claims, keys.ed), Rejection::bad_signature);
}

BOOST_AUTO_TEST_CASE(signature_of_wrong_form_length_or_place_is_refused) {
  const Split good(good_token());
  const auto wire = from_base64url(good.signature).value();
  for (const auto& signature :
       {der_of(wire), wire.substr(1), wire + '\0', '\0' + wire, wire + wire, std::string(),
        std::string(64, '\0'), wire.substr(32) + wire.substr(0, 32)})
    refused(good.text + '.' + encode(signature), Rejection::bad_signature);
  const Split other(signed_token(good_header, R"({"sub":"usr_2"})", keys.es));
  refused(good.text + '.' + other.signature, Rejection::bad_signature);
}

BOOST_AUTO_TEST_CASE(every_changed_character_is_refused) {
  const auto good = good_token();
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char c : {'A', 'B', '.', '=', '\0'}) {
      auto changed = good;
      if (changed[i] == c) continue;
      changed[i] = c;
      BOOST_TEST(!verify_compact(changed, keys.set), i);
    }
    BOOST_TEST(!verify_compact(good.substr(0, i), keys.set), i);
  }
}

BOOST_AUTO_TEST_CASE(wrong_number_of_parts_and_trailing_bytes_are_malformed) {
  const auto good = good_token();
  for (const auto& token :
       {std::string(), std::string("."), std::string(".."), std::string("..."), Split(good).text,
        good + '.', good + ".e30", '.' + good, good + ' ', ' ' + good, good + '\n', good + '=',
        good + std::string(1, '\0'), good + '\xc3', "Bearer " + good})
    refused(token, Rejection::malformed);
}

BOOST_AUTO_TEST_CASE(other_spellings_of_the_same_bytes_are_malformed) {
  const Split good(good_token());
  // 64 bytes use two of the six bits of the last character: the other four have to be zero.
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const auto last = alphabet.find(good.signature.back());
  BOOST_REQUIRE(last % 16 == 0);
  for (std::size_t bits = 1; bits < 16; ++bits) {
    auto signature = good.signature;
    signature.back() = alphabet[last + bits];
    refused(good.text + '.' + signature, Rejection::malformed);
  }
  for (const char* tail : {"=", "==", "\n", " ", "+", "/", "%3D"})
    refused(good.text + '.' + good.signature + tail, Rejection::malformed);
  auto classic = good.signature;
  classic[0] = '+';
  refused(good.text + '.' + classic, Rejection::malformed);
  classic[0] = '\xe1';
  refused(good.text + '.' + classic, Rejection::malformed);
}

BOOST_AUTO_TEST_CASE(duplicate_members_are_malformed_in_header_and_claims) {
  refused(signed_token(R"({"alg":"ES256","kid":"es","alg":"ES256"})", claims, keys.es),
          Rejection::malformed);
  refused(signed_token(R"({"alg":"none","kid":"es","alg":"ES256"})", claims, keys.es),
          Rejection::malformed);
  refused(signed_token(R"({"alg":"ES256","kid":"es","\u006bid":"hs"})", claims, keys.es),
          Rejection::malformed);
  refused(signed_token(good_header, R"({"sub":"a","sub":"b"})", keys.es), Rejection::malformed);
}

BOOST_AUTO_TEST_CASE(kid_comes_only_from_our_set) {
  for (const char* kid : {"", "ES", "es ", "es\\u0020", "../../dev/null", "es' OR '1'='1",
                          "/etc/passwd", "http://evil.example/jwks", "e"})
    refused(signed_token(R"({"alg":"ES256","kid":")" + std::string(kid) + "\"}", claims, keys.es),
            Rejection::unknown_key);
  refused(signed_token(R"({"alg":"ES256"})", claims, keys.es), Rejection::unknown_key);
  for (const char* kid : {"null", "1", "[\"es\"]", "{}", "true", "\"es\\u0000\""})
    refused(signed_token(R"({"alg":"ES256","kid":)" + std::string(kid) + "}", claims, keys.es),
            Rejection::malformed);
}

BOOST_AUTO_TEST_CASE(keys_and_instructions_inside_the_token_are_unsupported) {
  const auto stranger = crypto::PrivateKey::generate(crypto::Algorithm::es256);
  const auto jwk = to_jwk("es", stranger.public_key());
  for (const std::string& member :
       {"\"jwk\":" + jwk, std::string(R"("jku":"https://evil.example/jwks")"),
        std::string(R"("x5u":"https://evil.example/cert")"), std::string(R"("x5c":["AAAA"])"),
        std::string(R"("crit":["exp"])"), std::string(R"("crit":[])"),
        std::string(R"("b64":false)"), std::string(R"("b64":true)"),
        std::string(R"("zip":"DEF")")}) {
    const auto header = R"({"alg":"ES256","kid":"es",)" + member + "}";
    refused(signed_token(header, claims, keys.es), Rejection::unsupported);
    refused(signed_token(header, claims, stranger), Rejection::unsupported);
  }
}

BOOST_AUTO_TEST_CASE(header_that_is_no_object_of_json_is_malformed) {
  for (const std::string& header :
       {std::string(), std::string("null"), std::string("[]"), std::string("\"es\""),
        good_header + "x", good_header + '\0', good_header.substr(1), "\xef\xbb\xbf" + good_header,
        std::string("{\"alg\":\"ES256\",\"kid\":\"\xff\"}"),
        std::string(R"({"alg":["ES256"],"kid":"es"})"), std::string(R"({"alg":null,"kid":"es"})"),
        std::string(R"({"alg":"ES256","kid":"es","typ":1})"), std::string(3000, '[')})
    refused(signed_token(header, claims, keys.es), Rejection::malformed);
}

BOOST_AUTO_TEST_CASE(claims_that_are_no_object_of_json_are_malformed_though_signed) {
  for (const std::string& payload :
       {std::string(), std::string("null"), std::string("[]"), std::string("\"a\""),
        std::string("1"), claims + "x", claims + claims, std::string("{\"sub\":\"\xff\"}"),
        std::string("{\"sub\":"), std::string(5000, '[')})
    refused(signed_token(good_header, payload, keys.es), Rejection::malformed);
}

BOOST_AUTO_TEST_CASE(token_of_8192_bytes_is_read_and_a_longer_one_is_not) {
  const auto sized = [](std::size_t pad) {
    return signed_token(good_header, R"({"pad":")" + std::string(pad, 'x') + "\"}", keys.es);
  };
  std::size_t pad = 6000;
  while (sized(pad + 1).size() <= max_token_bytes) ++pad;
  BOOST_TEST(sized(pad).size() > max_token_bytes - 3);
  BOOST_TEST(!!verify_compact(sized(pad), keys.set));
  refused(sized(pad + 1), Rejection::malformed);
  refused(std::string(10'000'000, 'a'), Rejection::malformed);
  refused(std::string(8192, '.'), Rejection::malformed);
}

BOOST_AUTO_TEST_SUITE_END()
