#include "limits/delay.h"

#include <boost/test/unit_test.hpp>

namespace gatehouse::limits {

using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t here = 1, elsewhere = 2;

struct Fixture {
  Instant now = Instant(1000h);
  Delays delays{{.free = 3, .first = 1s, .most = 15min}, 4096};

  /// Seconds to wait, or 0 where the attempt was made and ended like this.
  std::int64_t attempt(std::uint64_t key, Outcome outcome) {
    if (const auto wait = delays.begin(key, now)) return wait->count();
    delays.end(key, outcome, now);
    return 0;
  }
  std::int64_t fail(std::uint64_t key = here) { return attempt(key, Outcome::failed); }
  void fail_times(int times, std::uint64_t key = here) {
    while (times > 0) {
      const std::int64_t wait = fail(key);
      if (wait == 0) --times;
      now += std::chrono::seconds(wait);
    }
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(delay, Fixture)

BOOST_AUTO_TEST_CASE(three_failures_are_free_and_then_the_wait_doubles_up_to_the_longest) {
  for (int i = 0; i < 4; ++i) BOOST_TEST(fail() == 0);
  for (const std::int64_t wait : {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900}) {
    BOOST_TEST(fail() == wait);
    now += std::chrono::seconds(wait) - 1ms;
    BOOST_TEST(fail() == 1);
    now += 1ms;
    BOOST_TEST(fail() == 0);
  }
}

BOOST_AUTO_TEST_CASE(attempts_while_waiting_make_the_wait_no_longer) {
  fail_times(6);
  const std::int64_t wait = fail();
  for (int i = 0; i < 100; ++i) BOOST_TEST(fail() == wait);
}

BOOST_AUTO_TEST_CASE(another_source_does_not_wait) {
  fail_times(10);
  BOOST_TEST(fail(elsewhere) == 0);
}

BOOST_AUTO_TEST_CASE(a_success_takes_the_failures_back) {
  fail_times(6);
  now += 15min;
  BOOST_TEST(attempt(here, Outcome::succeeded) == 0);
  for (int i = 0; i < 4; ++i) BOOST_TEST(fail() == 0);
  BOOST_TEST(fail() == 1);
}

BOOST_AUTO_TEST_CASE(what_says_nothing_about_the_password_counts_neither_way) {
  fail_times(3);
  for (int i = 0; i < 10; ++i) BOOST_TEST(attempt(here, Outcome::undecided) == 0);
  BOOST_TEST(fail() == 0);
  BOOST_TEST(fail() == 1);
}

BOOST_AUTO_TEST_CASE(failures_are_forgotten_a_day_after_the_wait) {
  fail_times(5);
  now += 2s + 23h;
  BOOST_TEST(fail() == 0);
  BOOST_TEST(fail() == 4);
  now += 4s + 24h;
  for (int i = 0; i < 4; ++i) BOOST_TEST(fail() == 0);
}

BOOST_AUTO_TEST_CASE(no_pause_makes_guessing_faster_than_the_longest_delay) {
  for (const std::chrono::minutes pause : {30min, 61min, 180min, 720min, 1500min}) {
    for (const int at_once : {4, 6, 9, 12}) {
      const std::uint64_t key = static_cast<std::uint64_t>(pause.count()) * 100 + at_once;
      const Instant begin = now;
      int guesses = 0;
      for (; now < begin + 240h; now += pause) {
        fail_times(at_once, key);
        guesses += at_once;
      }
      BOOST_TEST(guesses <= 240 * 4 + 12, pause.count() << " min after " << at_once);
    }
  }
}

BOOST_AUTO_TEST_CASE(no_more_guesses_are_under_way_than_may_be_wrong) {
  for (int i = 0; i < 4; ++i) BOOST_TEST(!delays.begin(here, now).has_value());
  BOOST_TEST(delays.begin(here, now).value().count() == 1);
  for (int i = 0; i < 4; ++i) delays.end(here, Outcome::failed, now);
  BOOST_TEST(fail() == 1);
  now += 1s;
  BOOST_TEST(!delays.begin(here, now).has_value());
  BOOST_TEST(delays.begin(here, now).has_value());
}

BOOST_AUTO_TEST_CASE(who_has_succeeded_may_log_in_many_times_at_once) {
  BOOST_TEST(attempt(here, Outcome::succeeded) == 0);
  for (int i = 0; i < 32; ++i) BOOST_TEST(!delays.begin(here, now).has_value());
  BOOST_TEST(delays.begin(here, now).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace gatehouse::limits
