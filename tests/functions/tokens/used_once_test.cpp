#include "auth/used_once.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

#include "functions/tokens/fixture.h"

using namespace gatehouse;
using namespace gatehouse::tokens;
using namespace std::chrono_literals;

namespace {

struct Used : Fixture {
  db::ConnectionOptions options() const {
    return db::connection_options(settings, "gatehouse_tokens");
  }
  bool take(auth::UsedOnce& used, const db::Connection& connection, const std::string& id) const {
    return used.take(connection, "test", owner, id, clock.now() + 1min);
  }
  bool take(const std::string& id) {
    auth::UsedOnce another_process;
    return take(another_process, database, id);
  }

  const std::string owner = make_id("svc_", SystemClock().now());
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(used_once, Used)

BOOST_AUTO_TEST_CASE(id_is_taken_once_by_whoever_comes_first) {
  BOOST_TEST(take("a"));
  BOOST_TEST(!take("a"));
  BOOST_TEST(take("b"));
  auth::UsedOnce used;
  BOOST_TEST(used.take(database, "other", owner, "a", clock.now() + 1min));
  BOOST_TEST(used.take(database, "test", owner + "2", "a", clock.now() + 1min));
}

/// Two processes of four threads, all of which want all ids, in different order.
BOOST_AUTO_TEST_CASE(of_many_at_once_each_id_is_given_to_one) {
  constexpr int ids = 60, threads = 8;
  std::vector<std::atomic<int>> given(ids);
  std::array<auth::UsedOnce, 2> processes;
  std::vector<std::jthread> all;
  for (int thread = 0; thread < threads; ++thread) {
    all.emplace_back([&, thread] {
      db::Connection own(options());
      for (int i = 0; i < ids; ++i) {
        const int id = thread % 2 == 0 ? i : ids - 1 - i;
        const bool mine = take(processes[std::size_t(thread) % 2], own, std::to_string(id));
        given[std::size_t(id)] += mine ? 1 : 0;
      }
    });
  }
  all.clear();
  for (const auto& times : given) BOOST_TEST(times == 1);
}

BOOST_AUTO_TEST_CASE(without_a_database_nobody_is_given_anything) {
  db::ConnectionOptions nowhere = options();
  nowhere.conninfo = "host=/nowhere dbname=gatehouse user=gatehouse_tokens";
  auth::UsedOnce used;
  std::atomic<int> refused = 0;
  std::vector<std::jthread> all;
  for (int thread = 0; thread < 4; ++thread) {
    all.emplace_back([&, thread] {
      db::Connection own(nowhere);
      try {
        take(used, own, std::to_string(thread));
      } catch (const db::Unavailable&) {
        ++refused;
      }
    });
  }
  all.clear();
  BOOST_TEST(refused == 4);
  BOOST_TEST(take("0"), "nothing was written");
}

BOOST_AUTO_TEST_CASE(what_was_taken_stays_so_whatever_becomes_of_the_askers_transaction) {
  auth::UsedOnce used;
  {
    db::Connection own(options());
    db::Transaction transaction(own, db::Scope::none());
    BOOST_TEST(take(used, own, "a"));
    BOOST_TEST(!take(used, own, "a"));
  }
  BOOST_TEST(!take("a"));
}

BOOST_AUTO_TEST_SUITE_END()
