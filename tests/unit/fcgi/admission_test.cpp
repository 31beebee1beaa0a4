#include "fcgi/admission.h"

#include <boost/test/unit_test.hpp>

namespace gatehouse::fcgi {
namespace {

using namespace std::chrono_literals;
using Time = Admission::Clock::time_point;

/// One request each millisecond, all of which have waited for the same time.
struct Queue {
  explicit Queue(std::chrono::nanoseconds each = 100us) { takes(each); }

  Admission admission;
  Time now{1h};

  int admitted(std::chrono::nanoseconds waited, std::chrono::milliseconds span) {
    int count = 0;
    for (const Time end = now + span; now < end; now += 1ms) {
      count += admission.admit(waited, now) ? 1 : 0;
    }
    return count;
  }
  void takes(std::chrono::nanoseconds span) {
    for (int i = 0; i < 1000; ++i) admission.served(span);
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(all_are_served_until_it_is_known_what_one_takes) {
  Admission admission;
  for (Time now(1h); now < Time(1h + 1s); now += 10ms) BOOST_TEST(admission.admit(1s, now));
  admission.served(1ms);
  Time now(2h);
  while (admission.admit(1s, now) && now < Time(3h)) now += 1ms;
  BOOST_TEST((now < Time(2h + 200ms)));
}

BOOST_AUTO_TEST_CASE(burst_is_served_whatever_it_waits) {
  Queue queue;
  BOOST_TEST(queue.admitted(400ms, 49ms) == 49);
}

BOOST_AUTO_TEST_CASE(queue_that_stands_is_cut) {
  Queue queue;
  queue.admitted(40ms, 51ms);
  BOOST_TEST(queue.admitted(40ms, 100ms) == 0);
  BOOST_TEST(queue.admitted(5ms, 1ms) == 1);
}

BOOST_AUTO_TEST_CASE(one_that_waited_for_little_shows_that_the_queue_is_worked_off) {
  Queue queue;
  for (int window = 0; window < 10; ++window) {
    BOOST_TEST(queue.admitted(40ms, 49ms) == 49);
    BOOST_TEST(queue.admitted(0ms, 1ms) == 1);
  }
}

BOOST_AUTO_TEST_CASE(all_are_served_again_when_the_queue_has_gone) {
  Queue queue;
  queue.admitted(40ms, 200ms);
  queue.admitted(1ms, 51ms);
  BOOST_TEST(queue.admitted(40ms, 49ms) == 49);
}

BOOST_AUTO_TEST_CASE(pause_ends_the_overload) {
  Queue queue;
  queue.admitted(40ms, 200ms);
  queue.now += 200ms;
  BOOST_TEST(queue.admitted(40ms, 1ms) == 1);
}

BOOST_AUTO_TEST_CASE(few_requests_are_no_queue_whatever_held_them_up) {
  Queue queue;
  for (int i = 0; i < 100; ++i) {
    BOOST_TEST(queue.admitted(300ms, 1ms) == 1);
    queue.now += 10ms;
  }
}

BOOST_AUTO_TEST_CASE(waits_are_judged_by_what_a_request_takes) {
  Queue queue(20ms);
  BOOST_TEST(queue.admitted(140ms, 2s) == 2000);
  queue.admitted(200ms, 700ms);
  BOOST_TEST(queue.admitted(300ms, 100ms) == 100);
  BOOST_TEST(queue.admitted(340ms, 100ms) == 0);
}

BOOST_AUTO_TEST_CASE(burst_of_what_takes_long_is_served_too) {
  Queue queue(20ms);
  queue.admitted(0ms, 1ms);
  BOOST_TEST(queue.admitted(300ms, 300ms) == 300);
}

BOOST_AUTO_TEST_CASE(nobody_waits_long_for_what_hangs) {
  Queue queue(2s);
  queue.admitted(600ms, 5001ms);
  BOOST_TEST(queue.admitted(1100ms, 100ms) == 0);
}

BOOST_AUTO_TEST_CASE(refusals_are_reported_once_a_second) {
  Refusals refusals;
  const Time now(1h);
  BOOST_TEST(refusals.count(now) == 1);
  for (int i = 0; i < 9; ++i) BOOST_TEST(refusals.count(now + 500ms) == 0);
  BOOST_TEST(refusals.count(now + 1s) == 10);
}

}  // namespace gatehouse::fcgi
