#include "auth/key_rotation.h"

#include <boost/test/unit_test.hpp>

using namespace gatehouse;
using namespace std::chrono_literals;
using auth::KeyState;
using auth::KeyTimes;

namespace {

const Time now = from_unix_seconds(1'800'000'000);
const auth::RotationPolicy policy{600s, 0s, 86400s};

KeyTimes signing(const char* kid) {
  return {kid, "", "ES256", now - 24h, now - 24h, {}, {}};
}
KeyTimes waiting(const char* kid) {
  return {kid, "", "ES256", now - 1s, now + 599s, {}, {}};
}
KeyTimes retired(const char* kid) {
  return {kid, "", "ES256", now - 72h, now - 72h, now - 1h, now + 23h};
}
KeyTimes expired(const char* kid) {
  return {kid, "", "ES256", now - 99h, now - 99h, now - 72h, now - 1s};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_rotation)

BOOST_AUTO_TEST_CASE(a_keys_state_follows_from_its_times) {
  BOOST_TEST((auth::state_of(waiting("k"), now) == KeyState::waiting));
  BOOST_TEST((auth::state_of(waiting("k"), now + 599s) == KeyState::signing));
  BOOST_TEST((auth::state_of(signing("k"), now) == KeyState::signing));
  BOOST_TEST((auth::state_of(retired("k"), now) == KeyState::retired));
  BOOST_TEST((auth::state_of(retired("k"), now + 23h) == KeyState::expired));
  BOOST_TEST((auth::state_of(expired("k"), now) == KeyState::expired));
}

BOOST_AUTO_TEST_CASE(the_first_key_signs_at_once) {
  const auto plan = auth::plan_rotation({expired("old")}, policy, now, false);
  BOOST_TEST_REQUIRE(plan.has_value());
  BOOST_TEST((plan->signs_from == now));
  BOOST_TEST(plan->leave.empty());
}

BOOST_AUTO_TEST_CASE(a_tenants_first_key_waits_until_every_function_knows_it) {
  const auto plan = auth::plan_rotation({}, {600s, 2s, 86400s}, now, false);
  BOOST_TEST_REQUIRE(plan.has_value());
  BOOST_TEST((plan->signs_from == now + 2s));
}

BOOST_AUTO_TEST_CASE(
    a_later_key_is_published_before_it_signs_and_the_old_one_until_its_tokens_have_expired) {
  const auto plan = auth::plan_rotation({signing("a"), retired("b")}, policy, now, false);
  BOOST_TEST_REQUIRE(plan.has_value());
  BOOST_TEST((plan->signs_from == now + policy.notice));
  BOOST_TEST(plan->leave == std::vector<std::string>{"a"}, boost::test_tools::per_element());
  BOOST_TEST((plan->retired_at == plan->signs_from));
  BOOST_TEST((plan->expires_at >= plan->retired_at + policy.longest_token));
}

BOOST_AUTO_TEST_CASE(a_rotation_under_way_is_not_overtaken) {
  BOOST_TEST(!auth::plan_rotation({waiting("new"), signing("a")}, policy, now, false));
}

BOOST_AUTO_TEST_CASE(a_leaked_key_takes_all_others_with_it) {
  const auto plan = auth::plan_rotation({waiting("new"), signing("a"), retired("b"), expired("c")},
                                        policy, now, true);
  BOOST_TEST_REQUIRE(plan.has_value());
  BOOST_TEST((plan->signs_from == now));
  BOOST_TEST((plan->expires_at == now));
  const std::vector<std::string> all{"new", "a", "b"};
  BOOST_TEST(plan->leave == all, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
