#include "gate/policy.h"

#include <boost/test/unit_test.hpp>
#include <functional>

#include "core/error.h"
#include "json/parse.h"

using namespace gatehouse;
using namespace gatehouse::gate;
using namespace std::chrono_literals;

namespace {

Policy good() {
  return {.name = "orders.write",
          .methods = {"GET", "POST"},
          .callers = {"service", "user"},
          .scopes = {"orders:write"},
          .networks = {"10.0.0.0/8", "::1"},
          .tenants = {"tnt_01jcvk9zq4e8r9v3m5x7t2b6ah"},
          .rate = limits::Rate{.count = 100, .window = 60s, .burst = 20},
          .audience = {}};
}

/// The code of the refusal once it has been changed; "" where it is none.
std::string code_after(const std::function<void(Policy&)>& change) {
  Policy policy = good();
  change(policy);
  try {
    complete(policy);
    return {};
  } catch (const Failure& failure) {
    BOOST_TEST(failure.status() == 400);
    return std::string(failure.code());
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gate_policy)

BOOST_AUTO_TEST_CASE(audience_is_the_name_unless_it_is_said) {
  Policy policy = good();
  complete(policy);
  BOOST_TEST(policy.audience == "orders.write");
  policy.audience = "https://orders.example/";
  complete(policy);
  BOOST_TEST(policy.audience == "https://orders.example/");
}

BOOST_AUTO_TEST_CASE(name_is_what_a_location_can_set) {
  for (const char* name : {"a", "9", "orders.write", "a-b_c.d"}) BOOST_TEST(valid_name(name), name);
  for (const char* name : {"", ".a", "-a", "_a", "A", "a b", "a/b", "a$", "\xc3\xa4"}) {
    BOOST_TEST(!valid_name(name), name);
  }
  BOOST_TEST(valid_name(std::string(64, 'a')));
  BOOST_TEST(!valid_name(std::string(65, 'a')));
}

BOOST_AUTO_TEST_CASE(what_can_be_no_policy_is_refused_by_the_name_of_its_member) {
  BOOST_TEST(code_after([](Policy&) {}).empty());
  BOOST_TEST(code_after([](Policy& p) { p.name = "A"; }) == "name_invalid");
  BOOST_TEST(code_after([](Policy& p) { p.methods.clear(); }) == "methods_invalid");
  BOOST_TEST(code_after([](Policy& p) { p.methods = {"get"}; }) == "methods_invalid");
  BOOST_TEST(code_after([](Policy& p) { p.methods = {"GET", "GET"}; }) == "methods_invalid");
  BOOST_TEST(code_after([](Policy& p) { p.callers.clear(); }) == "callers_invalid");
  BOOST_TEST(code_after([](Policy& p) { p.callers = {"anyone"}; }) == "callers_invalid");
  BOOST_TEST(code_after([](Policy& p) { p.scopes = {"a b"}; }) == "scopes_invalid");
  BOOST_TEST(code_after([](Policy& p) { p.scopes.resize(33, "a"); }) == "scopes_invalid");
  BOOST_TEST(code_after([](Policy& p) { p.networks = {"10.0.0.0/33"}; }) == "networks_invalid");
  BOOST_TEST(code_after([](Policy& p) { p.tenants = {"usr_x"}; }) == "tenants_invalid");
  BOOST_TEST(code_after([](Policy& p) { p.audience = "two words"; }) == "audience_invalid");
}

BOOST_AUTO_TEST_CASE(scopes_are_demanded_only_of_those_who_have_some) {
  BOOST_TEST(code_after([](Policy& p) { p.callers = {"user", "secret_key"}; }) == "scopes_invalid");
  BOOST_TEST(code_after([](Policy& p) { p.callers = {"agent"}; }).empty());
}

BOOST_AUTO_TEST_CASE(rate_lies_within_bounds) {
  const auto with = [](limits::Rate rate) {
    return code_after([rate](Policy& p) { p.rate = rate; });
  };
  BOOST_TEST(with({.count = 1'000'000, .window = 86400s, .burst = 1'000'000}).empty());
  BOOST_TEST(with({.count = 0, .window = 60s, .burst = 1}) == "rate_invalid");
  BOOST_TEST(with({.count = 1, .window = 60s, .burst = 0}) == "rate_invalid");
  BOOST_TEST(with({.count = 1'000'001, .window = 60s, .burst = 1}) == "rate_invalid");
  BOOST_TEST(with({.count = 1, .window = 0s, .burst = 1}) == "rate_invalid");
  BOOST_TEST(with({.count = 1, .window = 86401s, .burst = 1}) == "rate_invalid");
}

BOOST_AUTO_TEST_CASE(trail_learns_the_whole_policy_but_not_who_wrote_it) {
  Policy policy = good();
  policy.changed_by = "alice";
  complete(policy);
  const json::Value said = json::parse(describe(policy));
  BOOST_TEST(said.text("name") == "orders.write");
  BOOST_TEST(said.text("scope_match") == "all");
  BOOST_TEST(said.find("rate")->find("count")->as_integer().value() == 100);
  BOOST_TEST(said.find("changed_by") == nullptr);
  json::Writer out;
  write(out, policy);
  BOOST_TEST(json::parse(out.take()).text("changed_by") == "alice");
}

BOOST_AUTO_TEST_SUITE_END()
