#include "core/siphash.h"

#include <boost/test/unit_test.hpp>
#include <string>

namespace gatehouse {

namespace {

/// The key of the paper's appendix A: bytes 00 01 ... 0f.
constexpr SipHash::Key key{0x0706050403020100U, 0x0f0e0d0c0b0a0908U};

std::string counting(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text.push_back(static_cast<char>(i));
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(siphash)

BOOST_AUTO_TEST_CASE(it_gives_the_values_of_the_reference) {
  BOOST_TEST(SipHash(key).finish() == 0x726fdb47dd0e0e31U);
  BOOST_TEST(SipHash(key).add(counting(8)).finish() == 0x93f5f5799a932462U);
  BOOST_TEST(SipHash(key).add(counting(15)).finish() == 0xa129ca6149be45e5U);
}

BOOST_AUTO_TEST_CASE(pieces_are_the_whole_wherever_they_are_cut) {
  const std::string text = counting(40);
  const std::uint64_t whole = SipHash(key).add(text).finish();
  for (std::size_t a = 0; a <= text.size(); ++a) {
    for (std::size_t b = a; b <= text.size(); ++b) {
      const std::uint64_t pieces = SipHash(key)
                                       .add(text.substr(0, a))
                                       .add(text.substr(a, b - a))
                                       .add(text.substr(b))
                                       .finish();
      BOOST_REQUIRE(pieces == whole);
    }
  }
}

BOOST_AUTO_TEST_CASE(fields_have_borders) {
  BOOST_TEST(SipHash(key).add_field("ab").add_field("c").finish() !=
             SipHash(key).add_field("a").add_field("bc").finish());
}

BOOST_AUTO_TEST_CASE(every_process_has_another_key) {
  BOOST_CHECK(SipHash::random_key() != SipHash::random_key());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace gatehouse
