#include "auth/challenge.h"

#include <boost/test/unit_test.hpp>

using namespace gatehouse;

BOOST_AUTO_TEST_SUITE(challenge)

BOOST_AUTO_TEST_CASE(names_what_there_is_to_say) {
  BOOST_TEST(auth::bearer_challenge("", "") == "Bearer realm=\"gatehouse\"");
  BOOST_TEST(auth::bearer_challenge("", "", "user:read") ==
             "Bearer realm=\"gatehouse\", scope=\"user:read\"");
  BOOST_TEST(auth::bearer_challenge("invalid_token", "the token has expired") ==
             "Bearer realm=\"gatehouse\", error=\"invalid_token\","
             " error_description=\"the token has expired\"");
}

BOOST_AUTO_TEST_SUITE_END()
