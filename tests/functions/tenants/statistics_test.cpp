#include "tenants/statistics.h"

#include "functions/tenants/fixture.h"

namespace gatehouse::tenants {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

struct StatisticsFixture : Fixture {
  /// Half past noon: the tests are about whole days, and some events lie hours off.
  const Time noon = std::chrono::floor<days>(now) + 12h + 30min;
  const std::string id = add_tenant().tenant.id;
  db::Connection users{db::connection_options(settings, "gatehouse_users")};

  std::string add_user(Time at, const char* status = "active", bool verified = false,
                       const std::string& tenant_id = {}) {
    static constexpr db::Statement insert{
        "test_insert_user",
        "INSERT INTO users (id, tenant_id, email, email_key, password_hash, status, created_at,"
        "                   email_verified_at)"
        " VALUES ($1, $2, $1, $1, '-', $3, $4, $5)"};
    const std::string user = make_id("usr_", at);
    const std::string& owner = tenant_id.empty() ? id : tenant_id;
    users.write(db::Scope::tenant(owner), insert,
                {user, owner, status, at, verified ? std::optional(at) : std::optional<Time>()});
    return user;
  }

  void log_in(const std::string& user, Time at, std::optional<Time> ended = {},
              const std::string& tenant_id = {}) {
    static constexpr db::Statement insert{
        "test_insert_session",
        "INSERT INTO sessions (id, tenant_id, user_id, created_at, expires_at, ended_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)"};
    const std::string& owner = tenant_id.empty() ? id : tenant_id;
    users.write(db::Scope::tenant(owner), insert,
                {make_id("ses_", at), owner, user, at, at + 24h, ended});
  }

  Statistics read(int span) { return tenant_statistics(connection, id, span, noon); }
};

BOOST_FIXTURE_TEST_SUITE(statistics_of_a_tenant, StatisticsFixture)

BOOST_AUTO_TEST_CASE(registrations_and_logins_are_counted_by_day) {
  const std::string ann = add_user(noon - days(2)), bob = add_user(noon - days(1));
  add_user(noon - days(1));
  log_in(ann, noon - days(2));
  log_in(ann, noon - 1h);
  log_in(bob, noon - 2h);
  const Statistics found = read(3);
  BOOST_REQUIRE(found.days.size() == 3U);
  const std::int64_t registrations[] = {1, 2, 0}, logins[] = {1, 0, 2};
  for (std::size_t day = 0; day < 3; ++day) {
    const Time date = std::chrono::floor<days>(noon) - days(2 - static_cast<int>(day));
    BOOST_TEST(found.days[day].date == iso8601(date).substr(0, 10));
    BOOST_TEST(found.days[day].registrations == registrations[day], "day " << day);
    BOOST_TEST(found.days[day].logins == logins[day], "day " << day);
  }
  BOOST_TEST((found.since == std::chrono::floor<days>(noon) - days(2)));
}

BOOST_AUTO_TEST_CASE(a_day_begins_and_ends_at_midnight_utc) {
  const Time midnight = std::chrono::floor<days>(noon);
  const std::string user = add_user(midnight - 1us);
  add_user(midnight);
  log_in(user, midnight - 1us);
  log_in(user, midnight);
  const Statistics found = read(2);
  BOOST_REQUIRE(found.days.size() == 2U);
  for (const Statistics::Day& day : found.days) {
    BOOST_TEST(day.registrations == 1, day.date);
    BOOST_TEST(day.logins == 1, day.date);
  }
  BOOST_TEST(read(1).days[0].registrations == 1);
}

BOOST_AUTO_TEST_CASE(totals_are_of_all_users_and_activity_is_of_the_days_asked_for) {
  const std::string ann = add_user(noon - days(100), "active", true);
  const std::string bob = add_user(noon - days(50), "disabled");
  add_user(noon - days(1), "active", true);
  log_in(bob, noon - days(50));
  log_in(ann, noon - 2h, noon - 1h);
  log_in(ann, noon - 1h);
  const Statistics found = read(30);
  BOOST_TEST(found.users == 3);
  BOOST_TEST(found.disabled_users == 1);
  BOOST_TEST(found.verified_users == 2);
  BOOST_TEST(found.active_users == 1);
  BOOST_TEST(found.open_sessions == 1);
  BOOST_TEST(found.days.size() == 30U);
  BOOST_TEST(read(60).active_users == 2);
}

BOOST_AUTO_TEST_CASE(a_tenant_without_users_has_days_of_zeros) {
  const Statistics found = read(365);
  BOOST_TEST(found.users == 0);
  BOOST_TEST(found.open_sessions == 0);
  BOOST_REQUIRE(found.days.size() == 365U);
  for (const Statistics::Day& day : found.days) BOOST_TEST(day.registrations + day.logins == 0);
}

BOOST_AUTO_TEST_CASE(r36_another_tenants_users_do_not_count) {
  const std::string other = add_tenant().tenant.id;
  const std::string stranger = add_user(noon - 1h, "active", true, other);
  log_in(stranger, noon - 1h, {}, other);
  const Statistics found = read(1);
  BOOST_TEST(found.users == 0);
  BOOST_TEST(found.verified_users == 0);
  BOOST_TEST(found.active_users == 0);
  BOOST_TEST(found.open_sessions == 0);
  BOOST_TEST(found.days[0].registrations + found.days[0].logins == 0);
}

BOOST_AUTO_TEST_CASE(nobody_has_no_statistics) {
  BOOST_CHECK_EXCEPTION(tenant_statistics(connection, make_id("tnt_", now), 30, noon), Failure,
                        has_code("tenant_not_found"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace gatehouse::tenants
