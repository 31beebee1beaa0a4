#include "webhooks/pattern.h"

#include <boost/test/unit_test.hpp>
#include <string>

namespace gatehouse::webhooks {

BOOST_AUTO_TEST_CASE(event_types_are_two_to_four_words) {
  for (const char* good : {"user.created", "order.line.added", "a.b.c.d", "a1_b.c2_"}) {
    BOOST_TEST(is_event_type(good), good);
    BOOST_TEST(is_pattern(good), good);
  }
  for (const char* bad :
       {"", "user", "a.b.c.d.e", "User.created", "user.", ".created", "user..a", "user.1a",
        "user._a", "user.cre ated", "user.*", "*", "user.créé", "user.created\n"}) {
    BOOST_TEST(!is_event_type(bad), bad);
  }
  const std::string longest = "a." + std::string(longest_event_type - 2, 'b');
  BOOST_TEST(is_event_type(longest));
  BOOST_TEST(!is_event_type(longest + "b"));
}

BOOST_AUTO_TEST_CASE(patterns_are_types_prefixes_of_them_and_all) {
  for (const char* good : {"*", "user.*", "order.line.*", "a.b.c.*"})
    BOOST_TEST(is_pattern(good), good);
  for (const char* bad : {"", "**", ".*", "user*", "user.*.created", "*.created", "user.**",
                          "a.b.c.d.*", "user:*", "User.*", "user", "user.*.*"}) {
    BOOST_TEST(!is_pattern(bad), bad);
  }
}

}  // namespace gatehouse::webhooks
