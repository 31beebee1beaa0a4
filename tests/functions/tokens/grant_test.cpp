#include "tokens/grant.h"

#include <boost/test/unit_test.hpp>

#include "core/error.h"

using namespace gatehouse;
using namespace gatehouse::tokens;

namespace {

Client client() {
  Client client;
  client.scopes = {"log.push", "user:read", "user:write"};
  client.scope = "log.push user:read user:write";
  client.audiences = {"https://api.example.com/", "gatehouse"};
  client.default_audience = "gatehouse";
  return client;
}

auto with_code(std::string_view code) {
  return
      [code](const Failure& failure) { return failure.status() == 400 && failure.code() == code; };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(grant)

BOOST_AUTO_TEST_CASE(r05_no_scope_asked_gives_all_that_is_granted) {
  BOOST_TEST(choose_scope(client(), "") == "log.push user:read user:write");
}

BOOST_AUTO_TEST_CASE(asked_scopes_narrow_the_grant) {
  BOOST_TEST(choose_scope(client(), "user:write") == "user:write");
  BOOST_TEST(choose_scope(client(), "user:write log.push") == "user:write log.push");
}

BOOST_AUTO_TEST_CASE(a_scope_asked_twice_is_given_once) {
  BOOST_TEST(choose_scope(client(), "user:read log.push user:read") == "user:read log.push");
}

BOOST_AUTO_TEST_CASE(r05_scope_outside_the_grant_is_refused) {
  for (const char* scope : {"internal:admin", "user:read internal:admin", "user", "User:read"}) {
    BOOST_CHECK_EXCEPTION(choose_scope(client(), scope), Failure, with_code("invalid_scope"));
  }
}

BOOST_AUTO_TEST_CASE(wildcard_gives_what_is_asked_for_by_name_one_level_below_it) {
  Client wide = client();
  wide.scopes = {"log.*", "user:*"};
  BOOST_TEST(choose_scope(wide, "log.push user:read") == "log.push user:read");
  for (const char* scope : {"log.*", "log", "log.push.now", "logs.push", "*", "log.push log.*"}) {
    BOOST_CHECK_EXCEPTION(choose_scope(wide, scope), Failure, with_code("invalid_scope"));
  }
}

BOOST_AUTO_TEST_CASE(wildcard_is_no_way_to_a_token_without_end) {
  Client wide = client();
  wide.scopes = {"log.*"};
  const std::string longest = "log." + std::string(124, 'x');
  BOOST_TEST(choose_scope(wide, longest) == longest);
  BOOST_CHECK_EXCEPTION(choose_scope(wide, longest + "x"), Failure, with_code("invalid_scope"));
  std::string many = "log.0";
  for (int i = 1; many.size() <= 4096; ++i) many += " log." + std::to_string(i);
  BOOST_CHECK_EXCEPTION(choose_scope(wide, many), Failure, with_code("invalid_scope"));
  many.resize(many.rfind(' '));
  BOOST_TEST(choose_scope(wide, many) == many);
}

BOOST_AUTO_TEST_CASE(malformed_scope_is_refused) {
  for (const char* scope : {" user:read", "user:read ", "user:read  log.push", " ", "user:read\tx",
                            "\"user:read\"", "user\\read",
                            "user:r\xc3\xa9"
                            "ad",
                            "a\nb"}) {
    BOOST_CHECK_EXCEPTION(choose_scope(client(), scope), Failure, with_code("invalid_scope"));
  }
}

BOOST_AUTO_TEST_CASE(no_target_asked_gives_the_default_audience) {
  BOOST_TEST(choose_audience(client(), "", "") == "gatehouse");
}

BOOST_AUTO_TEST_CASE(resource_and_audience_pick_one_of_the_clients_audiences) {
  BOOST_TEST(choose_audience(client(), "https://api.example.com/", "") ==
             "https://api.example.com/");
  BOOST_TEST(choose_audience(client(), "", "https://api.example.com/") ==
             "https://api.example.com/");
  BOOST_TEST(choose_audience(client(), "", "gatehouse") == "gatehouse");
  BOOST_TEST(choose_audience(client(), "https://api.example.com/", "https://api.example.com/") ==
             "https://api.example.com/");
}

BOOST_AUTO_TEST_CASE(r06_target_outside_the_clients_list_is_refused) {
  for (const char* target : {"https://api.example.com", "https://other.example.com/", "*"}) {
    BOOST_CHECK_EXCEPTION(choose_audience(client(), "", target), Failure,
                          with_code("invalid_target"));
  }
  BOOST_CHECK_EXCEPTION(choose_audience(client(), "https://other.example.com/", ""), Failure,
                        with_code("invalid_target"));
}

BOOST_AUTO_TEST_CASE(resource_has_to_be_an_absolute_uri_without_fragment) {
  Client lax = client();
  for (const char* resource : {"gatehouse", "/path", "//host/path", "https:", ":x", "1ttp://a",
                               "https://api.example.com/#top", "https://a b", "https://\xc3\xa9"}) {
    lax.audiences.assign(1, resource);
    BOOST_CHECK_EXCEPTION(choose_audience(lax, resource, ""), Failure, with_code("invalid_target"));
  }
  lax.audiences.assign(1, "urn:example:reports");
  BOOST_TEST(choose_audience(lax, "urn:example:reports", "") == "urn:example:reports");
}

BOOST_AUTO_TEST_CASE(two_different_targets_are_refused) {
  BOOST_CHECK_EXCEPTION(choose_audience(client(), "https://api.example.com/", "gatehouse"), Failure,
                        with_code("invalid_target"));
}

BOOST_AUTO_TEST_SUITE_END()
