#include "auth/dpop.h"

#include <boost/test/unit_test.hpp>

#include "auth/binding.h"

using namespace gatehouse::auth;

BOOST_AUTO_TEST_SUITE(dpop)

BOOST_AUTO_TEST_CASE(one_target_has_many_spellings) {
  const std::string url = "https://id.example/oauth/token";
  for (const char* same :
       {"https://id.example/oauth/token", "HTTPS://ID.Example/oauth/token",
        "https://id.example:443/oauth/token", "https://id.example/oauth/token?a=b",
        "https://id.example/oauth/token#a"}) {
    BOOST_TEST(same_target(same, url), same);
  }
  BOOST_TEST(same_target("http://id.example:80/a", "http://id.example/a"));
}

BOOST_AUTO_TEST_CASE(other_targets_are_other_targets) {
  const std::string url = "https://id.example/oauth/token";
  for (const char* other :
       {"", "/oauth/token", "http://id.example/oauth/token", "https://id.example/oauth/Token",
        "https://id.example/oauth/token/", "https://id.example:8443/oauth/token",
        "https://id.example:80/oauth/token", "https://id.example.evil/oauth/token",
        "https://evil@id.example/oauth/token", "https://id.example",
        "https://id.example//oauth/token", " https://id.example/oauth/token"}) {
    BOOST_TEST(!same_target(other, url), other);
  }
  BOOST_TEST(!same_target("https://id.example:80/a", "https://id.example/a"));
}

BOOST_AUTO_TEST_CASE(scheme_of_the_header_tells_how_a_token_is_sent) {
  BOOST_TEST(read_authorization("DPoP abc").text == "abc");
  BOOST_TEST(read_authorization("dpop abc").with_proof);
  BOOST_TEST(read_authorization("BEARER abc").text == "abc");
  BOOST_TEST(!read_authorization("Bearer abc").with_proof);
  for (const char* none : {"", "Bearer", "Bearer ", "DPoP ", "Basic abc", "DPoPabc", "Bearerabc"}) {
    BOOST_TEST(read_authorization(none).text.empty(), none);
  }
}

BOOST_AUTO_TEST_SUITE_END()
