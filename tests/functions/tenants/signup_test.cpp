#include "tenants/signup.h"

#include "functions/tenants/fixture.h"

namespace gatehouse::tenants {
namespace {

BOOST_AUTO_TEST_CASE(an_address_is_in_a_list_that_names_it) {
  BOOST_TEST(in_networks("192.0.2.7", "192.0.2.7"));
  BOOST_TEST(in_networks("192.0.2.7", "198.51.100.1, 192.0.2.7"));
  BOOST_TEST(in_networks("2001:db8::7", "2001:db8::7"));
  BOOST_TEST(in_networks("2001:db8::7", "192.0.2.7,2001:0db8:0:0::0007"));
  BOOST_TEST(!in_networks("192.0.2.8", "192.0.2.7"));
  BOOST_TEST(!in_networks("2001:db8::8", "2001:db8::7"));
  BOOST_TEST(!in_networks("192.0.2.7", ""));
}

BOOST_AUTO_TEST_CASE(an_address_is_in_a_network_by_its_leading_bits) {
  BOOST_TEST(in_networks("10.255.255.255", "10.0.0.0/8"));
  BOOST_TEST(!in_networks("11.0.0.0", "10.0.0.0/8"));
  BOOST_TEST(in_networks("172.31.255.255", "172.16.0.0/12"));
  BOOST_TEST(!in_networks("172.32.0.0", "172.16.0.0/12"));
  BOOST_TEST(in_networks("192.0.2.7", "192.0.2.6/31"));
  BOOST_TEST(!in_networks("192.0.2.8", "192.0.2.6/31"));
  BOOST_TEST(in_networks("192.0.2.7", "192.0.2.7/32"));
  BOOST_TEST(!in_networks("192.0.2.6", "192.0.2.7/32"));
  BOOST_TEST(in_networks("192.0.2.7", "0.0.0.0/0"));
  BOOST_TEST(in_networks("2001:db8:ffff::1", "2001:db8::/32"));
  BOOST_TEST(!in_networks("2001:db9::1", "2001:db8::/32"));
  BOOST_TEST(in_networks("2001:db8::fe", "2001:db8::ff/127"));
  BOOST_TEST(!in_networks("2001:db8::fd", "2001:db8::ff/127"));
  BOOST_TEST(in_networks("2001:db8::1", "::/0"));
}

BOOST_AUTO_TEST_CASE(the_families_do_not_mix) {
  BOOST_TEST(!in_networks("2001:db8::1", "0.0.0.0/0"));
  BOOST_TEST(!in_networks("192.0.2.7", "::/0"));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_matches_nothing) {
  for (const std::string_view networks :
       {"192.0.2.7/33", "192.0.2.7/", "192.0.2.7/-1", "192.0.2.7/8x", "192.0.2.7/ 8", "192.0.2/24",
        "192.0.2.7/32/32", "2001:db8::7/129", "localhost", ",", "/0", "192.0.2.07"}) {
    BOOST_TEST(!in_networks("192.0.2.7", networks), networks);
    BOOST_TEST(!in_networks("2001:db8::7", networks), networks);
  }
  for (const std::string_view address : {"", "unix:", "localhost", "192.0.2.7 ", "192.0.2.7/32"}) {
    BOOST_TEST(!in_networks(address, "0.0.0.0/0, ::/0"), address);
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_in_a_list_with_a_broken_entry) {
  BOOST_TEST(!in_networks("192.0.2.7", "192.0.2.0/99, 192.0.2.0/24"));
}

BOOST_AUTO_TEST_CASE(signup_is_for_anybody_for_the_list_or_for_nobody) {
  Settings settings;
  const auto closed = has_code("signup_closed");
  BOOST_CHECK_EXCEPTION(require_signup_open(settings, "203.0.113.9"), Failure, closed);

  settings.tenant_signup = "open";
  BOOST_CHECK_NO_THROW(require_signup_open(settings, "203.0.113.9"));

  settings.tenant_signup = "allowlist";
  settings.tenant_signup_allowlist = "192.0.2.0/24, 2001:db8::/32";
  BOOST_CHECK_NO_THROW(require_signup_open(settings, "192.0.2.7"));
  BOOST_CHECK_NO_THROW(require_signup_open(settings, "2001:db8::7"));
  BOOST_CHECK_EXCEPTION(require_signup_open(settings, "203.0.113.9"), Failure, closed);
  BOOST_CHECK_EXCEPTION(require_signup_open(settings, ""), Failure, closed);
}

}  // namespace
}  // namespace gatehouse::tenants
