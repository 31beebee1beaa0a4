#include "limits/limiter.h"

#include <boost/test/unit_test.hpp>
#include <thread>

namespace gatehouse::limits {

using namespace std::chrono_literals;

namespace {

/// A clock that stands until it is told to go on.
struct Fixture {
  Instant now = Instant(1000h);
  Limiter limiter{4096};
  const Rate rate{.count = 2, .window = 1s, .burst = 3};

  Decision take(std::uint64_t key = 1) { return limiter.take(key, rate, now); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(limiter, Fixture)

BOOST_AUTO_TEST_CASE(a_burst_is_admitted_and_the_next_is_told_how_long_to_wait) {
  for (const std::int64_t left : {2, 1, 0}) {
    const Decision decision = take();
    BOOST_TEST(decision.admitted);
    BOOST_TEST(decision.remaining == left);
  }
  const Decision refused = take();
  BOOST_TEST(!refused.admitted);
  BOOST_TEST(refused.remaining == 0);
  BOOST_TEST(refused.retry_after.count() == 1);
  BOOST_TEST(refused.reset.count() == 2);
}

BOOST_AUTO_TEST_CASE(after_a_burst_the_rate_is_what_is_admitted) {
  for (int i = 0; i < 3; ++i) take();
  int admitted = 0;
  for (int step = 0; step < 1000; ++step) {
    now += 10ms;
    admitted += int{take().admitted};
  }
  BOOST_TEST(admitted == 20);
}

BOOST_AUTO_TEST_CASE(what_is_refused_costs_nothing) {
  for (int i = 0; i < 3; ++i) take();
  for (int i = 0; i < 1000; ++i) BOOST_TEST(!take().admitted);
  now += 500ms;
  BOOST_TEST(take().admitted);
}

BOOST_AUTO_TEST_CASE(looking_takes_nothing) {
  for (int i = 0; i < 100; ++i) BOOST_TEST(limiter.peek(1, rate, now).admitted);
  for (int i = 0; i < 3; ++i) BOOST_TEST(take().admitted);
  BOOST_TEST(!limiter.peek(1, rate, now).admitted);
}

BOOST_AUTO_TEST_CASE(one_key_does_not_touch_another) {
  for (int i = 0; i < 10; ++i) take(1);
  BOOST_TEST(take(2).admitted);
  BOOST_TEST(take(2 + 4096).admitted);
}

BOOST_AUTO_TEST_CASE(a_rate_of_one_a_day_waits_a_day) {
  const Rate daily{.count = 1, .window = 24h, .burst = 1};
  BOOST_TEST(limiter.take(1, daily, now).admitted);
  BOOST_TEST(limiter.take(1, daily, now).retry_after.count() == 86400);
  now += 24h;
  BOOST_TEST(limiter.take(1, daily, now).admitted);
}

// What is forgotten in a full set is what owes least; whoever owes most stays refused.
BOOST_AUTO_TEST_CASE(a_flood_of_other_keys_does_not_free_who_owes_most) {
  Limiter small(8);
  for (int i = 0; i < 3; ++i) small.take(99, rate, now);
  for (std::uint64_t stranger = 1000; stranger < 11000; ++stranger) small.take(stranger, rate, now);
  BOOST_TEST(!small.take(99, rate, now).admitted);
}

BOOST_AUTO_TEST_CASE(threads_together_get_no_more_than_the_burst) {
  const Rate wide{.count = 1, .window = 1h, .burst = 100};
  std::atomic<int> admitted = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) admitted += int{limiter.take(7, wide, now).admitted};
      });
    }
  }
  BOOST_TEST(admitted == 100);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace gatehouse::limits
