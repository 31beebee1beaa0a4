#include "core/network.h"

#include <boost/test/unit_test.hpp>

using namespace gatehouse;  // NOLINT

namespace {

bool within(std::string_view address, std::string_view network) {
  return Network::parse(network).value().contains(Address::parse(address).value());
}

}  // namespace

BOOST_AUTO_TEST_CASE(network_ends_at_any_bit) {
  BOOST_TEST(within("10.1.2.3", "10.0.0.0/8"));
  BOOST_TEST(!within("11.0.0.0", "10.0.0.0/8"));
  BOOST_TEST(within("172.31.255.255", "172.16.0.0/12"));
  BOOST_TEST(!within("172.32.0.0", "172.16.0.0/12"));
  BOOST_TEST(within("192.0.2.7", "192.0.2.7"));
  BOOST_TEST(!within("192.0.2.6", "192.0.2.7"));
  BOOST_TEST(within("255.255.255.255", "0.0.0.0/0"));
  BOOST_TEST(within("fdff::1", "fc00::/7"));
  BOOST_TEST(!within("fe00::", "fc00::/7"));
  BOOST_TEST(within("::1", "::1/128"));
  BOOST_TEST(!within("::2", "::1/128"));
}

BOOST_AUTO_TEST_CASE(network_holds_addresses_of_its_own_family) {
  BOOST_TEST(!within("::ffff:10.0.0.1", "10.0.0.0/8"));
  BOOST_TEST(!within("10.0.0.1", "::/0"));
}

BOOST_AUTO_TEST_CASE(address_has_no_lenient_spelling) {
  using namespace std::string_view_literals;
  for (const std::string_view text : {"127.1"sv, "0x7f.0.0.1"sv, "2130706433"sv, "1.2.3.4 "sv, ""sv,
                                      "fe80::1%lo"sv, "[::1]"sv, "1.2.3.4\0"sv}) {
    BOOST_TEST(!Address::parse(text), text);
  }
}
