#include "services/activity.h"

#include "fixture.h"

namespace gatehouse::services {
namespace {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(spans_are_minutes_hours_and_days_up_to_thirty_days) {
  BOOST_TEST(parse_span("90m").count() == 90);
  BOOST_TEST(parse_span("24h").count() == 24 * 60);
  BOOST_TEST(parse_span("30d").count() == 30 * 24 * 60);
  for (const std::string_view bad :
       {"", "24", "h", "0h", "-1h", "+1h", " 1h", "1h ", "1.5h", "1w", "1H", "31d", "43201m",
        "99999999999999999999m", "9223372036854775807d", "1hh"}) {
    BOOST_TEST(failure_of([&] { parse_span(bad); }) == "since_invalid", bad);
  }
}

BOOST_AUTO_TEST_CASE(cursors_come_back_as_they_went) {
  const LogPosition position{Time(std::chrono::microseconds(1704067200123456)), 42};
  BOOST_TEST(cursor_text(position) == "1704067200123456-42");
  const LogPosition back = parse_cursor("1704067200123456-42");
  BOOST_TEST((back.at == position.at));
  BOOST_TEST(back.id == 42);
  for (const std::string_view bad : {"1", "-", "1-", "-1", "1-2-3", "1--2", "a-b", "1-2 ",
                                     "9223372036854775807-1", "1-99999999999999999999"}) {
    BOOST_TEST(failure_of([&] { parse_cursor(bad); }) == "cursor_invalid", bad);
  }
}

BOOST_AUTO_TEST_CASE(success_rate_is_a_percentage_with_two_decimals) {
  const auto rate = [](std::int64_t requests, std::int64_t errors) {
    return Statistics{.requests = requests, .errors = errors}.success_rate();
  };
  BOOST_TEST(rate(100, 2) == 98.0);
  BOOST_TEST(rate(3, 1) == 66.67);
  BOOST_TEST(rate(0, 0) == 100.0);
  BOOST_TEST(rate(5, 5) == 0.0);
}

struct Log : Fixture {
  Log() : id(make_service()) {}

  void add(std::chrono::seconds ago, int status = 200, std::chrono::milliseconds took = 30ms,
           std::string_view endpoint = "/api/internal/users") {
    journals.access({.at = base - ago,
                     .client_id = id,
                     .tenant_id = {},
                     .endpoint = endpoint,
                     .method = "GET",
                     .status = status,
                     .took = took,
                     .remote_address = "127.0.0.1",
                     .user_agent = "curl/7.68.0",
                     .trace_id = {}});
    journals.flush(database);
  }
  std::string id;
  /// Ahead, because there is no partition of yesterday shortly after midnight.
  const Time base = now() + 1h;
};

BOOST_FIXTURE_TEST_CASE(log_is_newest_first_and_only_the_services_own, Log) {
  add(3s, 200, 35ms, "/oldest");
  add(1s, 404, 1ms, "/newest");
  add(2s, 200, 1ms, "/middle");
  const std::string other = std::exchange(id, make_service());
  add(0s, 200, 1ms, "/another's");
  id = other;
  const auto entries = service_log(database, id, {});
  BOOST_REQUIRE(entries.size() == 3U);
  BOOST_TEST(entries[0].endpoint == "/newest");
  BOOST_TEST(entries[0].status == 404);
  BOOST_TEST(entries[1].endpoint == "/middle");
  BOOST_TEST(entries[2].endpoint == "/oldest");
  BOOST_TEST(entries[2].took.count() == 35);
  BOOST_TEST(entries[2].ip_address == "127.0.0.1");
  BOOST_TEST(entries[2].user_agent == "curl/7.68.0");
}

BOOST_FIXTURE_TEST_CASE(log_is_read_on_by_offset_and_by_cursor, Log) {
  for (int i = 0; i < 5; ++i) add(std::chrono::seconds(i), 200 + i);
  const auto by_offset = service_log(database, id, {.limit = 2, .offset = 2});
  BOOST_REQUIRE(by_offset.size() == 2U);
  BOOST_TEST(by_offset[0].status == 202);

  std::vector<int> seen;
  LogPage page{.limit = 2};
  for (;;) {
    const auto entries = service_log(database, id, page);
    if (entries.empty()) break;
    for (const LogEntry& entry : entries) seen.push_back(entry.status);
    page.before = LogPosition{entries.back().at, entries.back().id};
  }
  const std::vector<int> all{200, 201, 202, 203, 204};
  BOOST_TEST(seen == all, boost::test_tools::per_element());
  BOOST_TEST(service_log(database, id, {.offset = 5}).empty());
}

BOOST_FIXTURE_TEST_CASE(calls_of_the_same_microsecond_are_neither_lost_nor_doubled, Log) {
  const std::string day = "date_trunc('hour', now())";
  execute(
      "INSERT INTO access_log (at, client_id, endpoint, method, status_code, response_time_ms) "
      "SELECT " +
      day + ", '" + id + "', '/', 'GET', 200 + i, 1 FROM generate_series(0, 4) i");
  std::vector<std::int64_t> ids;
  LogPage page{.limit = 2};
  for (;;) {
    const auto entries = service_log(database, id, page);
    if (entries.empty()) break;
    for (const LogEntry& entry : entries) ids.push_back(entry.id);
    page.before = LogPosition{entries.back().at, entries.back().id};
  }
  BOOST_TEST(ids.size() == 5U);
  BOOST_TEST(std::is_sorted(ids.rbegin(), ids.rend()));
  BOOST_TEST((std::adjacent_find(ids.begin(), ids.end()) == ids.end()));
}

BOOST_FIXTURE_TEST_CASE(statistics_count_what_was_answered_with_400_and_above_as_errors, Log) {
  add(1s, 200, 10ms);
  add(2s, 399, 20ms);
  add(3s, 400, 30ms);
  add(4s, 503, 41ms);
  const Statistics found = service_statistics(database, id, 24h, base);
  BOOST_TEST(found.requests == 4);
  BOOST_TEST(found.errors == 2);
  BOOST_TEST(found.average_response_time == 25.25);
  BOOST_TEST(found.success_rate() == 50.0);
}

BOOST_FIXTURE_TEST_CASE(statistics_leave_out_what_came_before, Log) {
  add(10s);
  add(200s);
  const Statistics found = service_statistics(database, id, 1min, base);
  BOOST_TEST(found.requests == 1);
  BOOST_TEST((found.since == base - 1min));
}

BOOST_FIXTURE_TEST_CASE(service_without_calls_has_an_empty_log_and_zeros, Log) {
  BOOST_TEST(service_log(database, id, {}).empty());
  const Statistics found = service_statistics(database, id, 24h, now());
  BOOST_TEST(found.requests == 0);
  BOOST_TEST(found.average_response_time == 0.0);
  BOOST_TEST(found.success_rate() == 100.0);
}

BOOST_FIXTURE_TEST_CASE(unknown_service_has_no_log_and_no_statistics, Fixture) {
  for (const std::string& id : {make_id("svc_", now()), std::string("nonsense")}) {
    BOOST_TEST(failure_of([&] { service_log(database, id, {}); }) == "client_not_found");
    BOOST_TEST(failure_of([&] { service_statistics(database, id, 24h, now()); }) ==
               "client_not_found");
  }
}

}  // namespace
}  // namespace gatehouse::services
