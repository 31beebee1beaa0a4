#include "auth/scopes.h"

#include <boost/test/unit_test.hpp>

using namespace gatehouse::auth;

namespace {

struct Meeting {
  const char* grant;
  const char* scope;
  bool covered;
};

/// Every rule by which a grant does or does not cover a scope.
constexpr Meeting meetings[] = {
    {"log.push", "log.push", true},
    {"user:read", "user:read", true},
    {"user:read", "user.read", false},  // another name: separators are not exchanged
    {"user:read", "user:readers", false},
    {"user:read", "user:rea", false},
    {"user:read", "User:read", false},
    {"admin", "admin", true},
    {"log.*", "log.push", true},
    {"user:*", "user:write", true},
    {"log.*", "log:push", false},
    {"user:*", "user.write", false},
    {"log.*", "log", false},
    {"log.*", "log.", false},
    {"log.*", "logs.push", false},
    {"log.*", "x.log.push", false},
    {"log.*", "log.push.now", false},  // one level
    {"log.*", "log.push:now", false},
    {"log.*", "log..push", false},
    {"orders:line:*", "orders:line:add", true},
    {"orders:line:*", "orders:line", false},
    {"orders.line:*", "orders.line:add", true},
    {"orders:*", "orders:line:add", false},
    // No pattern is asked for, and what is no wildcard is none.
    {"log.*", "log.*", false},
    {"log.*", "log.p*", false},
    {"*", "log", false},
    {"*", "*", false},
    {".*", ".x", false},
    {":*", ":x", false},
    {"log*", "log.push", false},
    {"log*", "logs", false},
    {"log.**", "log.push", false},
    {"log.*.*", "log.a.b", false},
    {"*.push", "log.push", false},
    {"log.*.push", "log.a.push", false},
    {"log..*", "log..push", false},
    {"", "", false},
    {"log.*", "", false},
    // This system's own are granted by name only.
    {"internal:admin", "internal:admin", true},
    {"internal:*", "internal:admin", false},
    {"internal.*", "internal.admin", false},
    {"internal:x:*", "internal:x:y", false},
    {"auth:*", "auth:token", false},
    {"auth:token", "auth:token", true},
    {"token.introspect", "token.introspect", true},
    {"token.*", "token.introspect", false},
    {"token.*", "token.print", true},
    {"event.*", "event.publish", false},
    {"event.publish", "event.publish", true},
    {"internals:*", "internals:read", true},
    {"authors:*", "authors:read", true},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(scopes)

BOOST_AUTO_TEST_CASE(grant_covers_its_scope_or_one_level_below_its_wildcard) {
  for (const Meeting& meeting : meetings) {
    BOOST_TEST(covers(meeting.grant, meeting.scope) == meeting.covered,
               meeting.grant << " covers " << meeting.scope);
  }
}

BOOST_AUTO_TEST_CASE(what_can_be_granted_is_a_scope_or_a_wildcard_over_somebody_elses_namespace) {
  for (const char* good : {"a", "user:read", "log.push", "log.*", "user:*", "a.b:c.*", "x/y?z",
                           "internal:admin", "auth:token", "internals:*"}) {
    BOOST_TEST(valid_grant(good), good);
  }
  for (const char* bad : {"",        "*",         "**",         ".*",          ":*",
                          "log*",    "log.**",    "*.push",     "log.*.push",  "log.*:*",
                          "log..*",  "log.:*",    "internal:*", "internal.*",  "internal:x:*",
                          "auth:*",  "two words", "quo\"te",    "back\\slash", "new\nline",
                          "\xc3\xbc"}) {
    BOOST_TEST(!valid_grant(bad), bad);
  }
  BOOST_TEST(valid_grant(std::string(longest_scope, 'a')));
  BOOST_TEST(!valid_grant(std::string(longest_scope + 1, 'a')));
}

BOOST_AUTO_TEST_CASE(covering_grant_is_the_first_that_covers) {
  const std::vector<std::string> grants{"log.*", "log.push", "user:read"};
  BOOST_TEST(covering(grants, "log.push") == &grants[0]);
  BOOST_TEST(covering(grants, "user:read") == &grants[2]);
  BOOST_TEST(covering(grants, "user:write") == nullptr);
  BOOST_TEST(covering({}, "user:write") == nullptr);
}

BOOST_AUTO_TEST_CASE(joined_scopes_are_split_at_spaces) {
  BOOST_TEST(split_scope("").empty());
  BOOST_TEST(split_scope("  ").empty());
  BOOST_TEST((split_scope("a b:c") == std::vector<std::string_view>{"a", "b:c"}));
  BOOST_TEST((split_scope(" a  b ") == std::vector<std::string_view>{"a", "b"}));
}

BOOST_AUTO_TEST_SUITE_END()
