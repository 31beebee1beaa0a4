#include "crypto/machine_secret.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cctype>
#include <set>
#include <string>

#include "core/encoding.h"

using namespace gatehouse;
using namespace gatehouse::crypto;

BOOST_AUTO_TEST_SUITE(machine_secret)

BOOST_AUTO_TEST_CASE(made_secret_is_well_formed_and_of_its_documented_shape) {
  std::set<std::string> seen;
  for (int i = 0; i < 500; ++i) {
    const auto secret = make_machine_secret("sec_");
    const auto text = secret.reveal();
    BOOST_TEST(text.size() == 4 + 43 + 6);
    BOOST_TEST(text.starts_with("sec_"));
    BOOST_TEST(
        std::ranges::all_of(text.substr(4), [](unsigned char c) { return std::isalnum(c); }));
    BOOST_TEST(well_formed_machine_secret("sec_", text));
    seen.emplace(text);
  }
  BOOST_TEST(seen.size() == 500);
}

BOOST_AUTO_TEST_CASE(secret_computed_elsewhere_is_well_formed) {
  // Made with Python: bytes 00..1f in base62, zlib.crc32 of all that in base62.
  BOOST_TEST(well_formed_machine_secret("sec_",
                                        "sec_"
                                        "003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf0ozZFY"));
}

BOOST_AUTO_TEST_CASE(every_single_typo_is_found) {
  const auto secret = make_machine_secret("pub_");
  const std::string good(secret.reveal());
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto typo = good;
    typo[i] = typo[i] == 'A' ? 'B' : 'A';
    BOOST_TEST(!well_formed_machine_secret("pub_", typo));
    BOOST_TEST(!well_formed_machine_secret("pub_", good.substr(0, i)));
    if (i + 1 < good.size() && good[i] != good[i + 1]) {
      auto swapped = good;
      std::swap(swapped[i], swapped[i + 1]);
      BOOST_TEST(!well_formed_machine_secret("pub_", swapped));
    }
  }
}

BOOST_AUTO_TEST_CASE(another_prefix_length_or_alphabet_is_refused) {
  const auto secret = make_machine_secret("pub_");
  const std::string good(secret.reveal());
  BOOST_TEST(!well_formed_machine_secret("sec_", good));
  BOOST_TEST(!well_formed_machine_secret("sec_", "sec_" + good.substr(4)));
  BOOST_TEST(!well_formed_machine_secret("pub_", good + "0"));
  BOOST_TEST(!well_formed_machine_secret("pub_", " " + good));
  BOOST_TEST(!well_formed_machine_secret("pub_", ""));
  auto other = good;
  for (const char c : {'\0', '-', '_', '\xe4', ' '}) {
    other[10] = c;
    BOOST_TEST(!well_formed_machine_secret("pub_", other));
  }
}

BOOST_AUTO_TEST_CASE(stored_hash_depends_on_the_pepper_and_its_fingerprint_is_16_digits) {
  const auto one = Keyring::parse(Keyring::generate());
  const auto two = Keyring::parse(Keyring::generate());
  const auto hash = machine_secret_hash(one, "sec_x");
  BOOST_TEST((hash == one.pepper().sign("sec_x")));
  BOOST_TEST((hash != machine_secret_hash(two, "sec_x")));
  BOOST_TEST(fingerprint(hash) == to_hex(hash).substr(0, 16));
}

BOOST_AUTO_TEST_SUITE_END()
