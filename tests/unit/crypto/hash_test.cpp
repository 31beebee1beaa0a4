#include "crypto/hash.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>
#include <vector>

#include "core/encoding.h"

using namespace gatehouse;
using namespace gatehouse::crypto;

BOOST_AUTO_TEST_SUITE(hash)

BOOST_AUTO_TEST_CASE(sha256_gives_the_examples_of_fips_180) {
  BOOST_TEST(to_hex(sha256("")) ==
             "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  BOOST_TEST(to_hex(sha256("abc")) ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

BOOST_AUTO_TEST_CASE(hmac_gives_the_vectors_of_rfc_4231) {
  struct Vector {
    std::string key, data, mac;
  };
  const std::vector<Vector> vectors = {
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
  };
  for (const auto& [key, data, mac] : vectors) {
    const HmacKey hmac(as_bytes(key));
    BOOST_TEST(to_hex(hmac.sign(data)) == mac);
    BOOST_TEST(to_hex(hmac.sign(data)) == mac, "the second use of the context");
  }
}

BOOST_AUTO_TEST_CASE(more_keys_than_a_thread_keeps_contexts_for_stay_apart) {
  std::vector<HmacKey> keys;
  std::vector<Digest> first;
  for (int i = 0; i < 50; ++i) {
    keys.emplace_back(as_bytes("key " + std::to_string(i)));
    first.push_back(keys.back().sign("data"));
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    BOOST_TEST((keys[i].sign("data") == first[i]));
    BOOST_TEST((i == 0 || first[i] != first[i - 1]));
  }
}

BOOST_AUTO_TEST_CASE(one_key_signs_the_same_in_many_threads) {
  const HmacKey key(as_bytes("shared"));
  const Digest expected = key.sign("data");
  std::vector<int> same(8, 0);
  std::vector<std::thread> threads;
  for (auto& count : same)
    threads.emplace_back([&key, &expected, &count] {
      for (int i = 0; i < 1000; ++i) count += key.sign("data") == expected ? 1 : 0;
    });
  for (auto& thread : threads) thread.join();
  for (const int count : same) BOOST_TEST(count == 1000);
}

BOOST_AUTO_TEST_CASE(equal_compares_length_and_bytes) {
  BOOST_TEST(equal(std::string_view("abc"), std::string_view("abc")));
  BOOST_TEST(equal(std::string_view(), std::string_view()));
  BOOST_TEST(!equal(std::string_view("abc"), std::string_view("abd")));
  BOOST_TEST(!equal(std::string_view("abc"), std::string_view("ab")));
}

BOOST_AUTO_TEST_SUITE_END()
