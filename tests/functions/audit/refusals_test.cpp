#include "audit/refusals.h"

#include <thread>

#include "fixture.h"
#include "json/parse.h"

namespace gatehouse::trail {
namespace {

struct Refusing : Fixture {
  audit::Refusals refusals;
  auth::Principal stranger;

  void add(std::string_view address, std::string_view reason = "api_key_unknown",
           const std::string& resource = {}) {
    const audit::Subject subject{
        .tenant_id = tenant, .resource_type = "user", .resource_id = resource, .on_behalf_of = {}};
    refusals.add({.at = clock.now(),
                  .code = "access.refused",
                  .reason = reason,
                  .actor = stranger,
                  .method = "GET",
                  .route = "/v1/users/:id",
                  .remote_address = address,
                  .trace_id = "4bf92f3577b34da6a3ce929d0e0e4736",
                  .request_id = "req_1",
                  .subject = subject});
  }
  static std::int64_t count_of(const Entry& entry) {
    const json::Value detail = json::parse(entry.detail);
    const json::Value* count = detail.find("count");
    return count == nullptr ? 1 : count->as_integer().value();
  }
};

BOOST_FIXTURE_TEST_CASE(refusal_is_a_row_with_its_reason, Refusing) {
  add("192.0.2.1", "insufficient_scope", "usr_x");
  BOOST_TEST(entries().empty());
  refusals.flush(database);
  const auto found = entries();
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(is_id("aud_", found[0].id));
  BOOST_TEST(found[0].event == "access.refused");
  BOOST_TEST(found[0].outcome == "failure");
  BOOST_TEST(found[0].reason.value() == "insufficient_scope");
  BOOST_TEST(found[0].actor_kind == "anonymous");
  BOOST_TEST(!found[0].actor_id.has_value());
  BOOST_TEST(found[0].source_ip.value() == "192.0.2.1");
  BOOST_TEST(found[0].route.value() == "/v1/users/:id");
  BOOST_TEST(found[0].resource_id.value() == "usr_x");
  BOOST_TEST(found[0].detail == R"({"method": "GET"})");
}

BOOST_FIXTURE_TEST_CASE(equal_refusals_of_one_interval_are_one_row, Refusing) {
  for (int time = 0; time < 1000; ++time) add("192.0.2.1");
  add("192.0.2.2");
  add("192.0.2.1", "insufficient_scope");
  refusals.flush(database);
  const auto found = entries();
  BOOST_TEST(found.size() == 3U);
  std::int64_t sum = 0;
  for (const Entry& entry : found) sum += count_of(entry);
  BOOST_TEST(sum == 1002);
  refusals.flush(database);
  BOOST_TEST(entries().size() == 3U);
}

BOOST_FIXTURE_TEST_CASE(flood_of_different_refusals_is_bounded_and_counted, Refusing) {
  const std::string reason = make_id("flood_", clock.now());
  for (int number = 0; number < 20000; ++number) {
    add("192.0.2.1", reason, "usr_" + std::to_string(number));
  }
  refusals.flush(database);
  auto found = entries();
  BOOST_TEST(found.size() == 500U);
  // The others are in the platform's trail: one row for all of them.
  db::Connection platform(db::connection_options(settings, "gatehouse_audit"));
  for (const Entry& entry : read_trail(platform, Filter{.outcome = "failure"}, 1000)) {
    if (entry.reason == reason && !entry.tenant_id) found.push_back(entry);
  }
  BOOST_REQUIRE(found.size() == 501U);
  BOOST_TEST(count_of(found.back()) == 19500);
  BOOST_TEST(!found.back().resource_id.has_value());
  BOOST_TEST(!found.back().source_ip.has_value());
}

BOOST_FIXTURE_TEST_CASE(refusals_wait_while_the_database_is_away, Refusing) {
  add("192.0.2.1");
  db::Connection nowhere({.conninfo = "host=/nonexistent user=gatehouse_audit"});
  BOOST_CHECK_THROW(refusals.flush(nowhere), db::Unavailable);
  add("192.0.2.1");
  BOOST_CHECK_THROW(refusals.flush(nowhere), db::Unavailable);
  refusals.flush(database);
  const auto found = entries();
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(count_of(found[0]) == 2);
}

BOOST_FIXTURE_TEST_CASE(many_threads_lose_none, Refusing) {
  std::vector<std::jthread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([this, number] {
      for (int time = 0; time < 500; ++time) add("192.0.2." + std::to_string(number));
    });
  }
  for (int time = 0; time < 20; ++time) refusals.flush(database);
  threads.clear();
  refusals.flush(database);
  std::int64_t sum = 0;
  for (const Entry& entry : entries()) sum += count_of(entry);
  BOOST_TEST(sum == 2000);
}

}  // namespace
}  // namespace gatehouse::trail
