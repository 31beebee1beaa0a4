#include "db/housekeeper.h"

#include <atomic>
#include <boost/test/unit_test.hpp>

#include "database.h"

using namespace gatehouse;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(housekeeper)

BOOST_AUTO_TEST_CASE(a_task_that_throws_is_tried_again_and_disturbs_no_other) {
  std::atomic<int> failures{0}, successes{0};
  db::Housekeeper housekeeper(test::options("tokens"));
  housekeeper.every(1ms, "fails", [&](db::Connection&) {
    failures.notify_all();
    if (++failures % 2) throw std::runtime_error("on purpose");
    throw 42;
  });
  housekeeper.every(1ms, "works", [&](db::Connection& connection) {
    constexpr db::Statement one{"test_one", "SELECT 1 AS one"};
    if (connection.read(db::Scope::none(), one).integer(0, "one") == 1) ++successes;
    successes.notify_all();
  });
  housekeeper.start();
  for (int seen = 0; seen < 5; seen = successes) successes.wait(seen);
  housekeeper.stop();
  BOOST_TEST(failures >= 5);
}

BOOST_AUTO_TEST_CASE(what_is_done_once_an_hour_is_tried_again_at_once_if_it_fails) {
  std::atomic<int> runs{0};
  db::Housekeeper housekeeper(test::options("tokens"));
  housekeeper.every(1h, "partitions", [&](db::Connection&) {
    ++runs;
    runs.notify_all();
    if (runs == 1) throw db::Unavailable("on purpose");
  });
  housekeeper.start();
  for (int seen = 0; seen < 2; seen = runs) runs.wait(seen);
  housekeeper.stop();
  BOOST_TEST(runs == 3);  // the last of them at the end
}

BOOST_AUTO_TEST_CASE(every_task_runs_once_more_at_the_end) {
  std::atomic<int> runs{0};
  db::Housekeeper housekeeper(test::options("tokens"));
  housekeeper.every(1h, "journal", [&](db::Connection&) {
    ++runs;
    runs.notify_all();
  });
  housekeeper.start();
  runs.wait(0);
  housekeeper.stop();
  BOOST_TEST(runs == 2);
  housekeeper.stop();
  BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_CASE(stopping_is_bounded_by_the_timeout_however_many_tasks_there_are) {
  auto options = test::options("tokens");
  options.timeout = 100ms;
  db::Housekeeper housekeeper(options);
  std::atomic<bool> slow{false};
  std::atomic<int> first{0};
  for (int number = 0; number < 20; ++number) {
    housekeeper.every(1h, "slow", [&](db::Connection& connection) {
      if (!slow) {
        ++first;
        first.notify_all();
        return;
      }
      constexpr db::Statement nap{"test_long_nap", "SELECT pg_sleep(0.8)"};
      connection.read(db::Scope::none(), nap);
    });
  }
  housekeeper.start();
  for (int seen = 0; seen < 20; seen = first) first.wait(seen);
  slow = true;
  const auto start = std::chrono::steady_clock::now();
  housekeeper.stop();
  BOOST_TEST((std::chrono::steady_clock::now() - start < 500ms));
}

BOOST_AUTO_TEST_SUITE_END()
