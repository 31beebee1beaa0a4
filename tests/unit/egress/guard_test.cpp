#include "egress/guard.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>

using namespace gatehouse;          // NOLINT
using namespace gatehouse::egress;  // NOLINT

namespace {

SocketAddress target(std::string_view text) {
  return SocketAddress::parse(text).value();
}

std::string_view refusal(const Guard& guard, std::string_view url) {
  const Checked checked = guard.check(url);
  BOOST_TEST(checked.url.has_value() == checked.refusal.empty(), url);
  return checked.refusal;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(public_https_url_is_accepted_in_one_spelling) {
  const Guard guard{Settings()};
  const auto url = guard.check("HTTPS://Hooks.Example.COM./a/../b?c=%41").url;
  BOOST_TEST_REQUIRE(url.has_value());
  BOOST_TEST(url->origin == "https://hooks.example.com:443");
  BOOST_TEST(url->text == "https://Hooks.Example.COM./b?c=%41");
  BOOST_TEST(guard.check("https://hooks.example.com:443/").url->origin == url->origin);
  BOOST_TEST(guard.check("https://hooks.example.com:8443").url.has_value());
  BOOST_TEST(guard.check("https://[2606:4700::1111]/").url->origin ==
             "https://2606:4700::1111:443");
}

BOOST_AUTO_TEST_CASE(url_that_curl_could_read_in_another_way_is_refused) {
  const Guard guard{Settings()};
  for (const char* const url : {"",
                                "https://",
                                "https:/hooks.example.com",
                                "https:hooks.example.com",
                                "hooks.example.com",
                                "//hooks.example.com",
                                "https:///hooks.example.com",
                                "https://///hooks.example.com",
                                "https://user@hooks.example.com/",
                                "https://user:pw@hooks.example.com/",
                                "https://@hooks.example.com/",
                                "https://1.1.1.1@127.0.0.1/",
                                "https://a#@b/",
                                "https://hooks.example.com/#part",
                                "https://hooks.example.com#",
                                "https://a b/",
                                "https://hooks.example.com\\@x/",
                                "https://hooks.example.com/\r\nX: y",
                                "https://hooks.example.com:0/",
                                "https://hooks.example.com:65979/",
                                "https://hooks.example.com:https/",
                                "https://hooks.example.com:443:443/",
                                "https://[fe80::1%25lo]/",
                                "https://[::1",
                                "https://[vF.1]/",
                                "https://.example.com/",
                                "https://ho\u00f6ks.example/",
                                "https://127\u30020\u30020\u30021/",
                                "https://a,b/",
                                "https://a;b/",
                                "https://a%00b/",
                                "https://a%2fb/",
                                "https://%38",
                                "https://%61.example/",
                                "https://*/",
                                "http://a.example/",
                                "ftp://a.example/",
                                "file:///etc/passwd",
                                "gopher://a.example/",
                                "unix:///run/x.sock",
                                "dict://a.example:443/",
                                "javascript:alert(1)",
                                " https://a.example/"}) {
    BOOST_TEST(!refusal(guard, url).empty(), url);
  }
  BOOST_TEST(!refusal(guard, "https://a.example/" + std::string(2048, 'a')).empty());
  BOOST_TEST(!refusal(guard, "https://" + std::string(254, 'a') + "/").empty());
  BOOST_TEST(!refusal(guard, std::string("https://a.example/\0", 19)).empty());
}

BOOST_AUTO_TEST_CASE(address_in_any_spelling_is_judged_with_the_url) {
  const Guard guard{Settings()};
  for (const char* const host : {"127.0.0.1",
                                 "127.1",
                                 "127.0.1",
                                 "0x7f000001",
                                 "0x7f.1",
                                 "017700000001",
                                 "0177.0.0.01",
                                 "2130706433",
                                 "10.0.0.1",
                                 "0",
                                 "0.0.0.0",
                                 "169.254.169.254",
                                 "2852039166",
                                 "0xa9fea9fe",
                                 "168.63.129.16",
                                 "[::1]",
                                 "[::]",
                                 "[::ffff:127.0.0.1]",
                                 "[::ffff:7f00:1]",
                                 "[::127.0.0.1]",
                                 "[64:ff9b::7f00:1]",
                                 "[fd00:ec2::254]",
                                 "[fe80::1]",
                                 "[2002:7f00:1::]",
                                 "[0:0:0:0:0:0:0:1]"}) {
    BOOST_TEST(refusal(guard, "https://" + std::string(host) + "/") ==
                   "the URL's address may not be called",
               host);
  }
  BOOST_TEST(refusal(guard, "https://1.1.1.1/").empty());
}

BOOST_AUTO_TEST_CASE(port_must_be_permitted) {
  Settings settings;
  settings.egress_ports = "443, 9000-9002";
  const Guard guard(settings);
  for (const char* const port : {"", ":443", ":9000", ":9001", ":9002"}) {
    BOOST_TEST(refusal(guard, "https://a.example" + std::string(port)).empty(), port);
  }
  for (const char* const port : {":80", ":8443", ":8999", ":9003", ":5432", ":1"}) {
    BOOST_TEST(contains(refusal(guard, "https://a.example" + std::string(port)), "port"), port);
  }
  BOOST_TEST(guard.admits(target("1.1.1.1:9001")));
  BOOST_TEST(!guard.admits(target("1.1.1.1:5432")));
}

BOOST_AUTO_TEST_CASE(http_needs_the_development_setting) {
  Settings settings;
  settings.egress_ports = "80";
  BOOST_TEST(contains(refusal(Guard(settings), "http://a.example/"), "https"));
  settings.egress_allow_http = true;
  BOOST_TEST(refusal(Guard(settings), "http://a.example/").empty());
}

BOOST_AUTO_TEST_CASE(allowed_networks_let_private_receivers_in_and_nothing_else) {
  Settings settings;
  settings.egress_allow_cidrs = "10.1.0.0/16, fd12::/16, 169.254.0.0/16, 168.63.129.16, fd00::/8";
  const Guard guard(settings);
  BOOST_TEST(guard.admits(target("10.1.2.3:443")));
  BOOST_TEST(guard.admits(target("[fd12::1]:443")));
  for (const char* const other :
       {"10.2.0.1:443", "192.168.0.1:443", "127.0.0.1:443", "[::1]:443", "[::ffff:10.1.2.3]:443",
        "169.254.169.254:443", "169.254.1.1:443", "168.63.129.16:443", "[fd00:ec2::254]:443"}) {
    BOOST_TEST(!guard.admits(target(other)), other);
  }
}

BOOST_AUTO_TEST_CASE(sockets_of_this_system_are_never_called) {
  Settings settings;
  settings.issuer = "https://id.example.com:8443";
  settings.egress_ports = "1-65535";
  settings.egress_allow_cidrs = "127.0.0.0/8, ::1, 10.0.0.0/8, 64:ff9b:1::/48";
  settings.egress_own_sockets = "10.0.0.5:5432, [2606:4700::1]:443";
  const Guard guard(settings);
  BOOST_TEST(!guard.admits(target("127.0.0.1:8443")));
  BOOST_TEST(!guard.admits(target("127.3.2.1:8443")));
  BOOST_TEST(!guard.admits(target("[::1]:8443")));
  BOOST_TEST(!guard.admits(target("[64:ff9b:1::127.0.0.1]:8443")));
  BOOST_TEST(guard.admits(target("127.0.0.1:9000")));
  BOOST_TEST(!guard.admits(target("10.0.0.5:5432")));
  BOOST_TEST(!guard.admits(target("[64:ff9b:1::10.0.0.5]:5432")));
  BOOST_TEST(guard.admits(target("10.0.0.5:443")));
  BOOST_TEST(!guard.admits(target("[2606:4700::1]:443")));
  BOOST_TEST(!refusal(guard, "https://ID.example.com.:8443/v1/events").empty());
  BOOST_TEST(refusal(guard, "https://id.example.com/").empty());
}

BOOST_AUTO_TEST_CASE(description_says_what_is_reached_and_names_a_bad_ca_file) {
  Settings settings;
  BOOST_TEST(describe_egress(settings) == "https to public addresses, ports 443,8443");
  settings.egress_allow_http = true;
  settings.egress_allow_cidrs = "10.0.0.0/8";
  BOOST_TEST(describe_egress(settings) ==
             "http and https to public addresses and 10.0.0.0/8, ports 443,8443");
  for (const char* const file : {"/nonexistent/ca.pem", "/dev/null", "/"}) {
    settings.egress_ca_file = file;
    BOOST_CHECK_EXCEPTION(describe_egress(settings), std::runtime_error, [&](const auto& error) {
      return contains(error.what(), std::string(file) + " holds no PEM certificates");
    });
  }
}
