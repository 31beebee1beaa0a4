#include "services/cleanup.h"

#include <thread>

#include "fixture.h"

namespace gatehouse::services {
namespace {

using namespace std::chrono_literals;

struct Expired : Fixture {
  Expired() : tenant(make_tenant()), user(make_id("usr_", now())) {
    execute("INSERT INTO users (id, tenant_id, email, email_key, password_hash) VALUES ('" + user +
            "', '" + tenant + "', 'a@example.com', 'a@example.com', 'x')");
    clean_up(database, settings);
  }

  void add_sessions(int count, const std::string& ended_ago) {
    execute("INSERT INTO sessions (id, tenant_id, user_id, expires_at) SELECT 'ses_" + user +
            "' || i, '" + tenant + "', '" + user + "', now() - interval '" + ended_ago +
            "' FROM generate_series(1, " + std::to_string(count) + ") i");
  }
  std::int64_t sessions() {
    return count("SELECT count(*) FROM sessions WHERE tenant_id = '" + tenant + "'");
  }
  std::string tenant, user;
};

BOOST_FIXTURE_TEST_CASE(what_has_expired_goes_and_what_has_not_stays, Expired) {
  add_sessions(3, "2 days");
  execute("INSERT INTO sessions (id, tenant_id, user_id, expires_at) VALUES ('ses_" + user +
          "live', '" + tenant + "', '" + user + "', now() + interval '1 hour')");
  execute(
      "INSERT INTO one_time_tokens (token_hash, tenant_id, user_id, purpose, expires_at) "
      "VALUES ('" +
      user + "', '" + tenant + "', '" + user + "', 'password_reset', now() - interval '1 minute')");
  const std::string id = make_service();
  execute(
      "UPDATE service_secrets SET expires_at = now() - interval '1 minute' WHERE client_id = '" +
      id + "'");
  const Cleanup done = clean_up(database, settings);
  BOOST_TEST(done.sessions == 3);
  BOOST_TEST(done.one_time_tokens == 1);
  BOOST_TEST(done.service_secrets == 1);
  BOOST_TEST(done.complete);
  BOOST_TEST(sessions() == 1);
}

BOOST_FIXTURE_TEST_CASE(backlog_of_many_batches_is_worked_off, Expired) {
  add_sessions(2500, "2 days");
  const Cleanup done = clean_up(database, settings);
  BOOST_TEST(done.sessions == 2500);
  BOOST_TEST(done.batches == 3);
  BOOST_TEST(done.complete);
  BOOST_TEST(sessions() == 0);
}

BOOST_FIXTURE_TEST_CASE(bounds_leave_the_rest_for_later, Expired) {
  add_sessions(2500, "2 days");
  const Cleanup some = clean_up(database, settings, CleanupBounds{.batches = 2, .span = 10s});
  BOOST_TEST(some.batches == 2);
  BOOST_TEST(!some.complete);
  BOOST_TEST(sessions() == 500);
  const Cleanup none = clean_up(database, settings, CleanupBounds{.batches = 2, .span = 0ms});
  BOOST_TEST(none.batches == 0);
  BOOST_TEST(!none.complete);
  BOOST_TEST(clean_up(database, settings).complete);
}

BOOST_FIXTURE_TEST_CASE(two_at_once_delete_everything_once, Expired) {
  add_sessions(5000, "2 days");
  Cleanup done[2];
  const auto work = [&](int which) {
    db::Connection own(db::connection_options(settings, "gatehouse_services"));
    done[which] = clean_up(own, settings);
  };
  std::thread first(work, 0), second(work, 1);
  first.join();
  second.join();
  BOOST_TEST(done[0].sessions + done[1].sessions == 5000);
  BOOST_TEST((done[0].complete || done[1].complete));
  BOOST_TEST(sessions() == 0);
}

BOOST_FIXTURE_TEST_CASE(clean_up_beside_another_one_leaves_it_the_work, Expired) {
  add_sessions(1, "2 days");
  db::Connection busy(db::connection_options(settings, "gatehouse_services"));
  db::Transaction other(busy, db::Scope::none());
  other.run({"test_lock", "SELECT pg_advisory_xact_lock(hashtext('gatehouse.cleanup'))"});
  const Cleanup done = clean_up(database, settings);
  BOOST_TEST(!done.complete);
  BOOST_TEST(done.batches == 0);
  BOOST_TEST(sessions() == 1);
}

BOOST_FIXTURE_TEST_CASE(partitions_of_the_next_week_are_there_and_old_ones_are_not, Expired) {
  execute(
      "SET timezone = 'UTC';"
      "CREATE TABLE access_log_p20200101 PARTITION OF access_log "
      "FOR VALUES FROM ('2020-01-01') TO ('2020-01-02');"
      "CREATE TABLE token_issuance_p20200101 PARTITION OF token_issuance "
      "FOR VALUES FROM ('2020-01-01') TO ('2020-01-02');"
      "CREATE TABLE events_p20200101 PARTITION OF events "
      "FOR VALUES FROM ('2020-01-01') TO ('2020-01-02');"
      "ALTER TABLE events_p20200101 OWNER TO gatehouse_owner;"
      "ALTER TABLE access_log_p20200101 OWNER TO gatehouse_owner;"
      "ALTER TABLE token_issuance_p20200101 OWNER TO gatehouse_owner");
  const Cleanup done = clean_up(database, settings);
  BOOST_TEST(done.partitions_dropped == 3);
  BOOST_TEST(done.complete);
  BOOST_TEST(count("SELECT count(*) FROM pg_class WHERE relname IN ('access_log_p' || "
                   "to_char((now() AT TIME ZONE 'UTC')::date + 7, 'YYYYMMDD'))") == 1);
}

}  // namespace
}  // namespace gatehouse::services
