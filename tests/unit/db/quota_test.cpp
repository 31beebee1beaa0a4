#include "limits/quota.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

#include "database.h"

using namespace gatehouse;
using namespace std::chrono_literals;

namespace {

struct Fixture {
  const limits::QuotaPolicy quota{.name = "test_export", .most = 3, .window = 24h};
  const std::string owner = test::unique("tnt");
  db::Connection connection{test::options("tenants")};

  limits::QuotaUse take(std::int64_t amount = 1) {
    db::Transaction work(connection, db::Scope::none());
    const limits::QuotaUse use = limits::take_quota(work, quota, owner, amount);
    work.commit();
    return use;
  }
  std::int64_t stored() const {
    return test::count("SELECT coalesce(sum(used), 0) AS count FROM quotas WHERE owner = '" +
                       owner + "'");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(quota_of_a_day, Fixture)

BOOST_AUTO_TEST_CASE(what_is_beyond_it_is_refused_and_costs_nothing) {
  for (const std::int64_t used : {1, 2, 3}) {
    const limits::QuotaUse use = take();
    BOOST_TEST(use.admitted);
    BOOST_TEST(use.used == used);
  }
  const limits::QuotaUse refused = take();
  BOOST_TEST(!refused.admitted);
  BOOST_TEST(refused.used == 3);
  BOOST_TEST(refused.most == 3);
  BOOST_TEST((refused.retry_after >= 1s && refused.retry_after <= 24h));
  BOOST_TEST(stored() == 3);
}

BOOST_AUTO_TEST_CASE(an_amount_fits_whole_or_not_at_all) {
  BOOST_TEST(take(2).admitted);
  BOOST_TEST(!take(2).admitted);
  BOOST_TEST(take(1).admitted);
  BOOST_TEST(stored() == 3);
}

BOOST_AUTO_TEST_CASE(the_first_request_may_be_too_much_already) {
  const limits::QuotaUse use = take(4);
  BOOST_TEST(!use.admitted);
  BOOST_TEST(use.used == 0);
}

BOOST_AUTO_TEST_CASE(work_that_is_rolled_back_has_used_nothing) {
  {
    db::Transaction work(connection, db::Scope::none());
    BOOST_TEST(limits::take_quota(work, quota, owner).admitted);
  }
  BOOST_TEST(stored() == 0);
}

BOOST_AUTO_TEST_CASE(the_next_day_begins_anew_in_the_same_row) {
  for (int i = 0; i < 4; ++i) take();
  test::execute("UPDATE quotas SET window_start = window_start - interval '1 day' WHERE owner = '" +
                owner + "'");
  const limits::QuotaUse use = take();
  BOOST_TEST(use.admitted);
  BOOST_TEST(use.used == 1);
  BOOST_TEST(test::count("SELECT count(*) FROM quotas WHERE owner = '" + owner + "'") == 1);
}

BOOST_AUTO_TEST_CASE(owners_and_quotas_do_not_share) {
  for (int i = 0; i < 3; ++i) take();
  db::Transaction work(connection, db::Scope::none());
  BOOST_TEST(limits::take_quota(work, quota, test::unique("tnt")).admitted);
  const limits::QuotaPolicy other{.name = "test_import", .most = 1, .window = 1h};
  BOOST_TEST(limits::take_quota(work, other, owner).admitted);
}

BOOST_AUTO_TEST_CASE(simultaneous_transactions_get_exactly_what_there_is) {
  const limits::QuotaPolicy wide{.name = "test_wide", .most = 50, .window = 24h};
  std::atomic<int> admitted = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        db::Connection own(test::options("users"));
        for (int i = 0; i < 10; ++i) {
          db::Transaction work(own, db::Scope::none());
          admitted += int{limits::take_quota(work, wide, owner).admitted};
          work.commit();
        }
      });
    }
  }
  BOOST_TEST(admitted == 50);
  BOOST_TEST(stored() == 50);
}

BOOST_AUTO_TEST_CASE(it_says_when_it_starts_anew) {
  const limits::QuotaPolicy hourly{.name = "test_hourly", .most = 1, .window = 1h};
  for (const bool admitted : {true, false}) {
    const limits::QuotaUse use = limits::take_quota(connection, hourly, owner);
    BOOST_TEST(use.admitted == admitted);
    BOOST_TEST((use.starts_anew == std::chrono::ceil<std::chrono::hours>(use.starts_anew)));
    const auto left = use.starts_anew - SystemClock().now();
    BOOST_TEST((left > -1min && left <= 1h + 1min));
  }
}

BOOST_AUTO_TEST_CASE(each_level_is_told_once_in_a_window) {
  const auto told = [&](const limits::QuotaUse& use, int level) {
    db::Transaction work(connection, db::Scope::none());
    const bool mine = limits::announce_quota(work, quota, owner, use, level);
    work.commit();
    return mine;
  };
  const limits::QuotaUse use = take();
  BOOST_TEST(use.announced == 0);
  BOOST_TEST(told(use, 1));
  BOOST_TEST(!told(use, 1));
  BOOST_TEST(take().announced == 1);
  BOOST_TEST(told(use, 2));
  BOOST_TEST(!told(use, 1));
  BOOST_TEST(stored() == 2);
  test::execute("UPDATE quotas SET window_start = window_start - interval '1 day' WHERE owner = '" +
                owner + "'");
  BOOST_TEST(take().announced == 0);
  BOOST_TEST(told(use, 1));
}

BOOST_AUTO_TEST_CASE(telling_that_was_rolled_back_is_left_to_another) {
  const limits::QuotaUse use = take();
  {
    db::Transaction work(connection, db::Scope::none());
    BOOST_TEST(limits::announce_quota(work, quota, owner, use, 1));
  }
  db::Transaction work(connection, db::Scope::none());
  BOOST_TEST(limits::announce_quota(work, quota, owner, use, 1));
}

BOOST_AUTO_TEST_CASE(a_refusal_that_left_no_row_is_told_once_and_uses_nothing) {
  limits::QuotaUse use;
  {
    db::Transaction work(connection, db::Scope::none());
    use = limits::take_quota(work, {.name = "test_export", .most = 0, .window = 24h}, owner);
  }
  BOOST_TEST(!use.admitted);
  int told = 0;
  for (int i = 0; i < 3; ++i) {
    db::Transaction work(connection, db::Scope::none());
    told += int{limits::announce_quota(work, quota, owner, use, 2)};
    work.commit();
  }
  BOOST_TEST(told == 1);
  BOOST_TEST(stored() == 0);
}

BOOST_AUTO_TEST_CASE(what_is_told_of_an_older_window_does_not_touch_the_next_one) {
  limits::QuotaUse before = take();
  before.starts_anew -= 24h;
  db::Transaction work(connection, db::Scope::none());
  BOOST_TEST(!limits::announce_quota(work, quota, owner, before, 1));
}

BOOST_AUTO_TEST_CASE(functions_cannot_set_it_back) {
  take();
  BOOST_CHECK_EXCEPTION(connection.execute("UPDATE quotas SET used = 0"), db::StatementError,
                        [](const auto& error) { return error.sqlstate() == "42501"; });
}

BOOST_AUTO_TEST_SUITE_END()
