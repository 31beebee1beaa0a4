#include "services/cleanup.h"

#include <thread>

#include "fixture.h"
#include "services/store.h"
#include "support/superuser.h"

namespace gatehouse::services {
namespace {

using namespace std::chrono_literals;

struct Expired : Fixture {
  Expired() : tenant(make_tenant()), user(make_id("usr_", now())) {
    execute("INSERT INTO users (id, tenant_id, email, email_key, password_hash) VALUES ('" + user +
            "', '" + tenant + "', 'a@example.com', 'a@example.com', 'x')");
    clean_up(database, settings, clock);
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
  Cleanup done = clean_up(database, settings, clock);
  BOOST_TEST(done.deleted["sessions"] == 3);
  BOOST_TEST(done.deleted["one_time_tokens"] == 1);
  BOOST_TEST(done.deleted["service_secrets"] == 1);
  BOOST_TEST(done.complete);
  BOOST_TEST(sessions() == 1);
}

BOOST_FIXTURE_TEST_CASE(backlog_of_many_batches_is_worked_off, Expired) {
  add_sessions(2500, "2 days");
  Cleanup done = clean_up(database, settings, clock);
  BOOST_TEST(done.deleted["sessions"] == 2500);
  BOOST_TEST(done.batches == std::ssize(expiring) + 2);
  BOOST_TEST(done.complete);
  BOOST_TEST(sessions() == 0);
}

BOOST_FIXTURE_TEST_CASE(bounds_leave_the_rest_for_later, Expired) {
  add_sessions(2500, "2 days");
  const int batches = static_cast<int>(std::ssize(expiring)) + 1;
  const Cleanup some =
      clean_up(database, settings, clock, CleanupBounds{.batches = batches, .span = 10s});
  BOOST_TEST(some.batches == batches);
  BOOST_TEST(!some.complete);
  BOOST_TEST(sessions() == 500);
  const Cleanup none =
      clean_up(database, settings, clock, CleanupBounds{.batches = 2, .span = 0ms});
  BOOST_TEST(none.batches == 0);
  BOOST_TEST(!none.complete);
  BOOST_TEST(clean_up(database, settings, clock).complete);
}

BOOST_FIXTURE_TEST_CASE(two_at_once_delete_everything_once, Expired) {
  add_sessions(5000, "2 days");
  Cleanup done[2];
  const auto work = [&](int which) {
    db::Connection own(db::connection_options(settings, "gatehouse_services"));
    done[which] = clean_up(own, settings, clock);
  };
  std::thread first(work, 0), second(work, 1);
  first.join();
  second.join();
  BOOST_TEST(done[0].deleted["sessions"] + done[1].deleted["sessions"] == 5000);
  BOOST_TEST((done[0].complete || done[1].complete));
  BOOST_TEST(sessions() == 0);
}

BOOST_FIXTURE_TEST_CASE(row_that_somebody_is_at_is_left_without_waiting, Expired) {
  add_sessions(3, "2 days");
  db::Connection busy(test::superuser_options(settings));
  db::Transaction other(busy, db::Scope::none());
  const std::string lock = "SELECT id FROM sessions WHERE id = 'ses_" + user + "1' FOR UPDATE";
  other.run({"", lock.c_str()});
  BOOST_TEST(clean_up(database, settings, clock).deleted["sessions"] == 2);
  BOOST_TEST(sessions() == 1);
  other.commit();
  BOOST_TEST(clean_up(database, settings, clock).deleted["sessions"] == 1);
}

BOOST_FIXTURE_TEST_CASE(each_kind_stays_for_as_long_as_its_setting_says, Expired) {
  settings.session_retention = 2h;
  settings.credential_retention = 2h;
  settings.quota_retention = 50h;
  const auto add = [&](const std::string& ended, const std::string& window) {
    add_sessions(1, ended);
    execute("UPDATE sessions SET id = id || '" + ended + "' WHERE id = 'ses_" + user + "1'");
    execute(
        "INSERT INTO one_time_tokens (token_hash, tenant_id, user_id, purpose, expires_at,"
        " used_at) VALUES ('" +
        user + ended + "', '" + tenant + "', '" + user +
        "', 'password_reset', now() + interval '1 day', now() - interval '" + ended + "')");
    execute(
        "INSERT INTO tenant_keys (id, tenant_id, kind, key_hash, fingerprint, expires_at)"
        " VALUES ('" +
        make_id("tky_", now()) + "', '" + tenant + "', 'secret', '" + user + ended +
        "', 'x', now() - interval '" + ended + "')");
    execute("INSERT INTO quotas VALUES ('" + user + ended + "', 'export', now() - interval '" +
            window + "', 1)");
  };
  add("3 hours", "51 hours");
  add("1 hour", "49 hours");  // the newest key stays in any case
  Cleanup done = clean_up(database, settings, clock);
  for (const char* kind : {"sessions", "one_time_tokens", "tenant_keys", "quotas"}) {
    BOOST_TEST(done.deleted[kind] == 1, kind);
  }
  BOOST_TEST(sessions() == 1);
  BOOST_TEST(count("SELECT count(*) FROM quotas WHERE owner = '" + user + "1 hour'") == 1);
}

BOOST_FIXTURE_TEST_CASE(running_window_of_a_quota_is_never_removed, Expired) {
  execute("INSERT INTO quotas VALUES ('" + user + "', 'export', now() - interval '23 hours', 1)");
  store::delete_batch_of(database, "quotas", 0s, 1000);
  BOOST_TEST(count("SELECT count(*) FROM quotas WHERE owner = '" + user + "'") == 1);
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
  Cleanup done = clean_up(database, settings, clock);
  BOOST_TEST(done.partitions_dropped == 3);
  BOOST_TEST(done.complete);
  BOOST_TEST(count("SELECT count(*) FROM pg_class WHERE relname IN ('access_log_p' || "
                   "to_char((now() AT TIME ZONE 'UTC')::date + 7, 'YYYYMMDD'))") == 1);
}

}  // namespace
}  // namespace gatehouse::services
