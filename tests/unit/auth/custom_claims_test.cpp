#include "auth/custom_claims.h"

#include <boost/test/unit_test.hpp>

#include "json/parse.h"

using namespace gatehouse;
using namespace gatehouse::auth;

BOOST_AUTO_TEST_SUITE(custom_claims)

BOOST_AUTO_TEST_CASE(claim_is_a_text_a_number_a_boolean_or_a_list_of_texts) {
  for (const char* good : {"\"x\"", "1", "-1.5e3", "true", "[]", R"(["a","b"])"}) {
    BOOST_TEST(valid_claim_value(json::parse(good)), good);
  }
  for (const char* bad : {"null", "{}", R"({"a":1})", "[1]", R"(["a",null])", R"([["a"]])"}) {
    BOOST_TEST(!valid_claim_value(json::parse(bad)), bad);
  }
}

BOOST_AUTO_TEST_CASE(change_sets_replaces_and_removes_what_it_names) {
  const auto merge = [](std::string_view stored, std::string_view change) {
    return merge_claims(stored, json::parse(change));
  };
  BOOST_TEST(merge("", R"({"a":1.50,"b":"x"})") == R"({"a":1.50,"b":"x"})");
  BOOST_TEST(merge(R"({"a":1,"b":"x"})", R"({"a":"y","c":true})") ==
             R"({"a":"y","b":"x","c":true})");
  BOOST_TEST(merge(R"({"a":1,"b":"x"})", R"({"a":null,"never":null})") == R"({"b":"x"})");
  BOOST_TEST(merge(R"({"a":1})", R"({"a":null})").empty());
  BOOST_TEST(merge("", "{}").empty());
}

BOOST_AUTO_TEST_CASE(token_takes_in_what_the_setting_still_names) {
  constexpr std::string_view stored = R"({"a":1,"b":["x","y"],"c":"z"})";
  BOOST_TEST(claim_members(stored, "c,a") == R"("a":1,"c":"z")");
  BOOST_TEST(claim_members(stored, "d").empty());
  BOOST_TEST(claim_members(stored, "").empty());
  BOOST_TEST(claim_members("", "a").empty());
  BOOST_TEST(claim_members(stored, "a,sub").empty());  // no setting that is accepted
}

BOOST_AUTO_TEST_SUITE_END()
