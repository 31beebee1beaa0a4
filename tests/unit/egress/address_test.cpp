#include "egress/address.h"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace gatehouse;          // NOLINT
using namespace gatehouse::egress;  // NOLINT

namespace {

Address address(std::string_view text) {
  return Address::parse(text).value();
}

/// The addresses next to a block, or nullopt beyond the end of the numbers.
std::optional<Address> step(Address from, bool up) {
  for (unsigned i = from.bits / 8; i-- > 0;) {
    from.bytes[i] = static_cast<std::uint8_t>(from.bytes[i] + (up ? 1 : -1));
    if (from.bytes[i] != (up ? 0x00 : 0xff)) return from;
  }
  return std::nullopt;
}

struct Block {
  std::string_view network;
  std::string_view last;
  bool before;  ///< whether the address in front of it is public
  bool behind;
};

/// The registries of special-purpose addresses and what else is not public, each with its edges.
constexpr Block blocks[] = {
    {"0.0.0.0/8", "0.255.255.255", false, true},
    {"10.0.0.0/8", "10.255.255.255", true, true},
    {"100.64.0.0/10", "100.127.255.255", true, true},
    {"127.0.0.0/8", "127.255.255.255", true, true},
    {"169.254.0.0/16", "169.254.255.255", true, true},
    {"172.16.0.0/12", "172.31.255.255", true, true},
    {"192.0.0.0/24", "192.0.0.255", true, true},
    {"192.0.0.0/29", "192.0.0.7", true, false},
    {"192.0.0.8/32", "192.0.0.8", false, false},
    {"192.0.0.9/32", "192.0.0.9", false, false},
    {"192.0.0.10/32", "192.0.0.10", false, false},
    {"192.0.0.170/31", "192.0.0.171", false, false},
    {"192.0.2.0/24", "192.0.2.255", true, true},
    {"192.31.196.0/24", "192.31.196.255", true, true},
    {"192.52.193.0/24", "192.52.193.255", true, true},
    {"192.88.99.0/24", "192.88.99.255", true, true},
    {"192.168.0.0/16", "192.168.255.255", true, true},
    {"192.175.48.0/24", "192.175.48.255", true, true},
    {"198.18.0.0/15", "198.19.255.255", true, true},
    {"198.51.100.0/24", "198.51.100.255", true, true},
    {"203.0.113.0/24", "203.0.113.255", true, true},
    {"224.0.0.0/4", "239.255.255.255", true, false},
    {"240.0.0.0/4", "255.255.255.255", false, false},
    {"255.255.255.255/32", "255.255.255.255", false, false},
    {"100.100.100.200/32", "100.100.100.200", false, false},
    {"168.63.129.16/32", "168.63.129.16", true, true},
    {"::/128", "::", false, false},
    {"::1/128", "::1", false, false},
    {"::/96", "::ffff:ffff", false, false},
    {"::ffff:0:0/96", "::ffff:255.255.255.255", false, false},
    {"64:ff9b:1::/48", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", false, false},
    {"100::/64", "100::ffff:ffff:ffff:ffff", false, false},
    {"100:0:0:1::/64", "100::1:ffff:ffff:ffff:ffff", false, false},
    {"2001::/23", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", true, true},
    {"2001::/32", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", true, false},
    {"2001:1::1/128", "2001:1::1", false, false},
    {"2001:1::2/128", "2001:1::2", false, false},
    {"2001:1::3/128", "2001:1::3", false, false},
    {"2001:2::/48", "2001:2:0:ffff:ffff:ffff:ffff:ffff", false, false},
    {"2001:3::/32", "2001:3:ffff:ffff:ffff:ffff:ffff:ffff", false, false},
    {"2001:4:112::/48", "2001:4:112:ffff:ffff:ffff:ffff:ffff", false, false},
    {"2001:10::/28", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", false, false},
    {"2001:20::/28", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", false, false},
    {"2001:30::/28", "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff", false, false},
    {"2001:db8::/32", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", true, true},
    {"2002::/16", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true, true},
    {"2620:4f:8000::/48", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff", true, true},
    {"3fff::/20", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", true, true},
    {"4000::/2", "7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true, false},
    {"5f00::/16", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false, false},
    {"fc00::/7", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false, false},
    {"fe80::/10", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false, false},
    {"fec0::/10", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false, false},
    {"ff00::/8", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false, false},
};

}  // namespace

BOOST_AUTO_TEST_CASE(no_address_of_a_special_block_is_public_and_its_neighbours_are) {
  for (const Block& block : blocks) {
    const Network network = Network::parse(block.network).value();
    const Address last = address(block.last);
    BOOST_TEST(network.contains(last), block.network);
    BOOST_TEST(!is_public(network.base), block.network);
    BOOST_TEST(!is_public(last), block.network);
    const auto before = step(network.base, false);
    const auto behind = step(last, true);
    if (behind) BOOST_TEST(!network.contains(*behind), block.network);
    BOOST_TEST((before && is_public(*before)) == block.before, block.network);
    BOOST_TEST((behind && is_public(*behind)) == block.behind, block.network);
  }
}

BOOST_AUTO_TEST_CASE(ordinary_addresses_are_public) {
  for (const char* const text :
       {"1.1.1.1", "8.8.8.8", "93.184.215.14", "223.255.255.255", "2000::", "2606:4700::1111",
        "2a00:1450:4001:82b::200e", "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}) {
    BOOST_TEST(is_public(address(text)), text);
    BOOST_TEST(!is_forbidden(address(text)), text);
  }
}

BOOST_AUTO_TEST_CASE(nat64_address_is_what_the_ipv4_address_in_it_is) {
  BOOST_TEST(is_public(address("64:ff9b::8.8.8.8")));
  for (const char* const text : {"64:ff9b::10.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::192.168.1.1",
                                 "64:ff9b::169.254.169.254", "64:ff9b::"}) {
    BOOST_TEST(!is_public(address(text)), text);
  }
  BOOST_TEST(!is_public(address("64:ff9b::1:8.8.8.8")));
}

BOOST_AUTO_TEST_CASE(metadata_services_are_forbidden_in_any_disguise) {
  for (const char* const text : {"169.254.169.254",
                                 "169.254.170.2",
                                 "169.254.0.0",
                                 "169.254.255.255",
                                 "100.100.100.200",
                                 "168.63.129.16",
                                 "192.0.0.192",
                                 "0.0.0.0",
                                 "0.255.255.255",
                                 "::",
                                 "fe80::1",
                                 "febf::1",
                                 "fd00:ec2::254",
                                 "fd00:ec2::23",
                                 "fd20:ce::254",
                                 "fd00:42::42",
                                 "::ffff:169.254.169.254",
                                 "::169.254.169.254",
                                 "64:ff9b::169.254.169.254",
                                 "2002:a9fe:a9fe::1",
                                 "2001:0:a9fe:a9fe::",
                                 "2001:0:808:808:0:0:5601:5601",
                                 "64:ff9b:1:a9fe:a9:fe00::",
                                 "64:ff9b:1:a9:fe:a9fe::",
                                 "64:ff9b:1:0:a9:fea9:fe00:0",
                                 "64:ff9b:1::169.254.169.254"}) {
    BOOST_TEST(is_forbidden(address(text)), text);
    BOOST_TEST(!is_public(address(text)), text);
  }
  for (const char* const text : {"10.0.0.1", "127.0.0.1", "::1", "fd00::1", "100.100.100.201",
                                 "168.63.129.17", "::ffff:10.0.0.1", "64:ff9b:1::10.0.0.1"}) {
    BOOST_TEST(!is_forbidden(address(text)), text);
  }
}

BOOST_AUTO_TEST_CASE(loopback_is_our_own_and_a_strangers_address_is_not) {
  BOOST_TEST(is_own(address("127.0.0.1")));
  BOOST_TEST(is_own(address("127.255.255.254")));
  BOOST_TEST(is_own(address("::1")));
  BOOST_TEST(!is_own(address("192.0.2.1")));
  BOOST_TEST(!is_own(address("2001:db8::1")));
}
