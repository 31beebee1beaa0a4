#include "crypto/signing.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>
#include <vector>

#include "core/encoding.h"
#include "unit/crypto/weak_keys.h"

using namespace gatehouse;
using namespace gatehouse::crypto;

namespace {

constexpr Algorithm all[] = {Algorithm::es256, Algorithm::eddsa, Algorithm::rs256,
                             Algorithm::hs256};

Secret bytes(std::string_view hex) {
  return Secret(std::string(as_text(from_hex(hex).value())));
}

Secret of_base64(const char* text) {
  return Secret(from_base64(text).value());
}

/// RSA keys take a second each: one for the whole program.
const PrivateKey& key_of(Algorithm algorithm) {
  static const PrivateKey keys[] = {
      PrivateKey::generate(Algorithm::es256), PrivateKey::generate(Algorithm::eddsa),
      PrivateKey::generate(Algorithm::rs256), PrivateKey::generate(Algorithm::hs256)};
  return keys[static_cast<int>(algorithm)];
}

// RFC 7515 A.3
const JwkFields p256{.kty = "EC",
                     .crv = "P-256",
                     .x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                     .y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"};

}  // namespace

BOOST_AUTO_TEST_SUITE(signing)

BOOST_AUTO_TEST_CASE(algorithm_names_go_both_ways_and_case_counts) {
  for (const auto algorithm : all)
    BOOST_TEST((algorithm_from_name(algorithm_name(algorithm)) == algorithm));
  BOOST_TEST((algorithm_from_name("Ed25519") == Algorithm::eddsa));
  for (const char* name :
       {"", "none", "None", "es256", "ES384", "HS256 ", "RS1", "ed25519", "Ed448"})
    BOOST_TEST(!algorithm_from_name(name).has_value(), name);
}

BOOST_AUTO_TEST_CASE(signatures_have_their_wire_length_and_verify_only_for_their_data) {
  const std::size_t sizes[] = {64, 64, 384, 32};
  for (const auto algorithm : all) {
    BOOST_TEST_INFO(algorithm_name(algorithm));
    const auto& key = key_of(algorithm);
    const auto other = algorithm == Algorithm::rs256 ? key_of(Algorithm::es256).public_key()
                                                     : PrivateKey::generate(algorithm).public_key();
    // R or S begins with a zero byte in one of 128 ES256 signatures.
    const int rounds = algorithm == Algorithm::rs256 ? 3 : 500;
    for (int i = 0; i < rounds; ++i) {
      const auto data = "data " + std::to_string(i);
      const auto signature = key.sign(data);
      BOOST_REQUIRE(signature.size() == sizes[static_cast<int>(algorithm)]);
      BOOST_REQUIRE(key.public_key().verify(data, signature));
      BOOST_REQUIRE(!key.public_key().verify(data + "x", signature));
      BOOST_REQUIRE(!other.verify(data, signature));
    }
  }
}

BOOST_AUTO_TEST_CASE(every_changed_bit_of_a_signature_is_found) {
  for (const auto algorithm : all) {
    const auto& key = key_of(algorithm);
    const auto signature = key.sign("data");
    for (std::size_t i = 0; i < signature.size(); ++i) {
      auto changed = signature;
      changed[i] = static_cast<char>(changed[i] ^ (1 << (i % 8)));
      BOOST_TEST(!key.public_key().verify("data", changed));
    }
    BOOST_TEST(!key.public_key().verify("data", ""));
    BOOST_TEST(!key.public_key().verify("data", signature.substr(1)));
    BOOST_TEST(!key.public_key().verify("data", signature + '\0'));
    BOOST_TEST(key.public_key().verify("data", signature));
  }
}

BOOST_AUTO_TEST_CASE(es256_refuses_zero_and_oversized_numbers) {
  const auto key = PublicKey::from_jwk_fields(Algorithm::es256, p256);
  // CVE-2022-21449: R = S = 0 was good for any data.
  BOOST_TEST(!key.verify("data", std::string(64, '\0')));
  BOOST_TEST(!key.verify("data", std::string(64, '\xff')));
  const std::string order(as_text(
      from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").value()));
  BOOST_TEST(!key.verify("data", order + order));
}

BOOST_AUTO_TEST_CASE(keys_survive_their_der_form) {
  for (const auto algorithm : all) {
    const auto& key = key_of(algorithm);
    const auto again = PrivateKey::from_der(algorithm, key.to_der());
    BOOST_TEST((again.algorithm() == algorithm));
    BOOST_TEST(key.public_key().verify("data", again.sign("data")));
    if (algorithm == Algorithm::hs256) continue;
    const auto public_key = PublicKey::from_jwk_fields(algorithm, again.public_key().jwk());
    BOOST_TEST(public_key.verify("data", key.sign("data")));
  }
}

BOOST_AUTO_TEST_CASE(ed25519_gives_the_signature_of_rfc_8037) {
  const auto d = from_base64url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").value();
  const auto key = PrivateKey::from_der(
      Algorithm::eddsa,
      Secret(std::string(bytes("302e020100300506032b657004220420").reveal()) + d));
  BOOST_TEST(key.public_key().jwk().x == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
  const auto signature = key.sign("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
  BOOST_TEST(
      to_base64url(as_bytes(signature)) ==
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
}

BOOST_AUTO_TEST_CASE(key_of_another_algorithm_damaged_or_trailing_bytes_are_refused) {
  for (const auto algorithm : all) {
    if (algorithm == Algorithm::hs256) continue;
    const auto der = key_of(algorithm).to_der();
    const std::string text(der.reveal());
    for (const auto other : all)
      if (other != algorithm && other != Algorithm::hs256)
        BOOST_CHECK_THROW(PrivateKey::from_der(other, der), KeyError);
    BOOST_CHECK_THROW(PrivateKey::from_der(algorithm, Secret(text + '\0')), KeyError);
    BOOST_CHECK_THROW(PrivateKey::from_der(algorithm, Secret(text.substr(0, text.size() - 1))),
                      KeyError);
    BOOST_CHECK_THROW(PrivateKey::from_der(algorithm, Secret("")), KeyError);
  }
}

BOOST_AUTO_TEST_CASE(private_key_with_another_keys_public_half_is_refused) {
  // The public point is the last member of both encodings.
  std::string one(PrivateKey::generate(Algorithm::es256).to_der().reveal());
  const std::string two(PrivateKey::generate(Algorithm::es256).to_der().reveal());
  BOOST_REQUIRE(one.size() == two.size());
  one.replace(one.size() - 64, 64, two.substr(two.size() - 64));
  BOOST_CHECK_THROW(PrivateKey::from_der(Algorithm::es256, Secret(one)), KeyError);
}

BOOST_AUTO_TEST_CASE(weak_private_keys_are_refused) {
  BOOST_CHECK_THROW(
      PrivateKey::from_der(Algorithm::hs256, Secret("0123456789abcdef0123456789abcde")), KeyError);
  BOOST_CHECK_THROW(PrivateKey::from_der(Algorithm::hs256, Secret(std::string(64, 'x'))), KeyError);
  BOOST_CHECK_THROW(PrivateKey::from_der(Algorithm::hs256, Secret("")), KeyError);
  BOOST_CHECK_THROW(PrivateKey::from_der(Algorithm::rs256, of_base64(test::rsa_2048)), KeyError);
  BOOST_CHECK_THROW(PrivateKey::from_der(Algorithm::es256, of_base64(test::p_384)), KeyError);
}

BOOST_AUTO_TEST_CASE(unacceptable_public_keys_are_refused) {
  const auto refused = [](Algorithm algorithm, JwkFields fields) {
    BOOST_CHECK_THROW(PublicKey::from_jwk_fields(algorithm, fields), KeyError);
  };
  auto fields = p256;
  BOOST_CHECK_NO_THROW(PublicKey::from_jwk_fields(Algorithm::es256, fields));
  refused(Algorithm::eddsa, fields);
  refused(Algorithm::rs256, fields);
  refused(Algorithm::hs256, fields);
  fields.y = p256.x;  // not on the curve
  refused(Algorithm::es256, fields);
  fields = p256;
  fields.x.pop_back();
  refused(Algorithm::es256, fields);
  fields = p256;
  fields.x += '=';
  refused(Algorithm::es256, fields);
  fields = p256;
  fields.crv = "P-384";
  refused(Algorithm::es256, fields);
  fields = p256;
  fields.x = fields.y = std::string(43, 'A');
  refused(Algorithm::es256, fields);

  const JwkFields rsa = key_of(Algorithm::rs256).public_key().jwk();
  const auto number = [](const std::string& text) { return to_base64url(as_bytes(text)); };
  const auto n = from_base64url(rsa.n).value();
  for (const std::string& e :
       {std::string("\x01"), std::string("\x03"), std::string("\x01\x00\x00", 3),
        std::string("\0\x01\0\x01", 4), std::string(9, '\x01'), std::string()})
    refused(Algorithm::rs256, {.kty = "RSA", .n = rsa.n, .e = number(e)});
  for (const std::string& modulus :
       {'\0' + n, n.substr(0, 255), n.substr(0, n.size() - 1) + '\x02', n + n + n})
    refused(Algorithm::rs256, {.kty = "RSA", .n = number(modulus), .e = rsa.e});
}

BOOST_AUTO_TEST_CASE(ed25519_points_of_small_order_are_refused) {
  for (const char* hex : {"0100000000000000000000000000000000000000000000000000000000000000",
                          "0000000000000000000000000000000000000000000000000000000000000080",
                          "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                          "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"})
    BOOST_CHECK_THROW(
        PublicKey::from_jwk_fields(
            Algorithm::eddsa,
            {.kty = "OKP", .crv = "Ed25519", .x = to_base64url(from_hex(hex).value())}),
        KeyError);
}

BOOST_AUTO_TEST_CASE(hs256_key_never_becomes_a_jwk) {
  BOOST_CHECK_THROW(key_of(Algorithm::hs256).public_key().jwk(), KeyError);
}

BOOST_AUTO_TEST_CASE(threads_sign_and_verify_with_shared_keys) {
  std::vector<int> good(8, 0);
  std::vector<std::thread> threads;
  for (auto& count : good)
    threads.emplace_back([&count] {
      for (int i = 0; i < 20; ++i)
        for (const auto algorithm : all) {
          const auto data = std::to_string(i);
          const auto& key = key_of(algorithm);
          count += key.public_key().verify(data, key.sign(data)) ? 1 : 0;
        }
    });
  for (auto& thread : threads) thread.join();
  for (const int count : good) BOOST_TEST(count == 80);
}

BOOST_AUTO_TEST_SUITE_END()
