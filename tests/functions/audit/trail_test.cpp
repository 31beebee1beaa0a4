#include "audit/trail.h"

#include "audit/event.h"
#include "fixture.h"
#include "support/failure.h"

namespace gatehouse::trail {
namespace {

using test::failure_of;

struct Recorded : Fixture {
  void record(std::string_view event, Time at, const std::string& resource = "usr_x") {
    const auth::Principal actor{.credential = auth::Credential::secret_key, .key_id = "tky_x"};
    const audit::Subject subject{.tenant_id = tenant,
                                 .resource_type = "user",
                                 .resource_id = resource,
                                 .on_behalf_of = {},
                                 .detail = R"({"members":["name"]})"};
    db::Transaction transaction(database, db::Scope::tenant(tenant));
    audit::record(transaction,
                  {.code = event,
                   .outcome = "success",
                   .actor = actor,
                   .on_behalf_of = {},
                   .route = "/v1/users/:id",
                   .remote_address = "192.0.2.1",
                   .trace_id = "t",
                   .request_id = "r",
                   .subject = subject},
                  at);
    transaction.commit();
  }
  std::vector<std::string> events(const Filter& filter) {
    std::vector<std::string> found;
    for (const Entry& entry : entries(filter)) found.push_back(entry.event);
    return found;
  }
};

BOOST_FIXTURE_TEST_CASE(trail_is_newest_first_and_filtered, Recorded) {
  using std::chrono::milliseconds;
  const Time now = std::chrono::floor<std::chrono::seconds>(clock.now());
  record("a.one", now);
  record("a.two", now + milliseconds(1), "usr_y");
  record("a.three", now + milliseconds(2));
  const auto expect = [&](const Filter& filter, const std::vector<std::string>& expected) {
    BOOST_TEST(events(filter) == expected, boost::test_tools::per_element());
  };
  expect({}, {"a.three", "a.two", "a.one"});
  expect({.event = "a.two"}, {"a.two"});
  expect({.resource_id = "usr_x"}, {"a.three", "a.one"});
  expect({.actor_id = "tky_x"}, {"a.three", "a.two", "a.one"});
  expect({.actor_id = "tky_y"}, {});
  expect({.outcome = "failure"}, {});
  expect({.from = now + milliseconds(1)}, {"a.three", "a.two"});
  expect({.to = now + milliseconds(1)}, {"a.one"});
  expect({.from = now + milliseconds(1), .to = now + milliseconds(2)}, {"a.two"});
}

BOOST_FIXTURE_TEST_CASE(cursor_goes_on_behind_the_last_row, Recorded) {
  const Time now = clock.now();
  for (int number = 0; number < 5; ++number) record("a.b", now);  // ids alone order these
  const auto all = entries();
  BOOST_REQUIRE(all.size() == 5U);
  const Position place = parse_cursor(cursor_text({all[2].at, all[2].id}));
  const auto rest = entries({.before = place});
  BOOST_REQUIRE(rest.size() == 2U);
  BOOST_TEST(rest[0].id == all[3].id);
  BOOST_TEST(rest[1].id == all[4].id);
  // A cursor never reaches beyond `to`.
  BOOST_TEST(entries({.to = now, .before = place}).empty());
}

BOOST_AUTO_TEST_CASE(bad_cursors_are_refused) {
  for (const char* text : {"", "1", "-", "1-", "1-aud_x", "x-aud_01jcvk9zq4e8r9v3m5x7t2b6ah",
                           "9999999999999999999-aud_01jcvk9zq4e8r9v3m5x7t2b6ah",
                           "-1-aud_01jcvk9zq4e8r9v3m5x7t2b6ah"}) {
    BOOST_TEST(failure_of([&] { parse_cursor(text); }) == "cursor_invalid", text);
  }
}

BOOST_AUTO_TEST_CASE(who_belongs_to_a_tenant_reads_that_one_only) {
  const auth::Principal bound{.credential = auth::Credential::secret_key, .tenant_id = "tnt_1"};
  const auth::Principal admin{.credential = auth::Credential::service_token};
  BOOST_TEST(readable_tenant(bound, {}).value() == "tnt_1");
  BOOST_TEST(readable_tenant(bound, "tnt_1").value() == "tnt_1");
  BOOST_TEST(failure_of([&] { readable_tenant(bound, "tnt_2"); }) == "tenant_not_found");
  BOOST_TEST(!readable_tenant(admin, {}).has_value());
  BOOST_TEST(readable_tenant(admin, "tnt_2").value() == "tnt_2");
}

BOOST_FIXTURE_TEST_CASE(trail_of_one_tenant_is_hidden_from_another_by_the_database_too, Recorded) {
  record("a.b", clock.now());
  const db::Statement foreign{"", "SELECT FROM sys_audit_logs WHERE tenant_id = $1"};
  BOOST_TEST(database.read(db::Scope::tenant("tnt_other"), foreign, {tenant}).empty());
  BOOST_TEST(database.read(db::Scope::none(), foreign, {tenant}).empty());
  BOOST_TEST(!database.read(db::Scope::tenant(tenant), foreign, {tenant}).empty());
}

}  // namespace
}  // namespace gatehouse::trail
