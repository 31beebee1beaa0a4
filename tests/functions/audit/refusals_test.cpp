#include "audit/refusals.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>
#include <utility>

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
  for (int number = 0; number < 20000; ++number) add("192.0.2.1", "r", std::to_string(number));
  refusals.flush(database);
  const auto found = entries();
  BOOST_TEST(found.size() == 101U);
  const auto others = std::ranges::find_if(found, [](const Entry& one) { return !one.source_ip; });
  BOOST_REQUIRE((others != found.end()));
  BOOST_TEST(count_of(*others) == 19900);
  BOOST_TEST(!others->resource_id.has_value());
}

/// Whoever asks for nothing but refusals must not be able to fill a disk.
BOOST_FIXTURE_TEST_CASE(flood_that_lasts_adds_few_rows, Refusing) {
  for (int moment = 0; moment < 20; ++moment) {
    for (int number = 0; number < 60; ++number) {
      add("192.0.2.1", "r", std::to_string(moment * 60 + number));
    }
    refusals.flush(database);
  }
  BOOST_TEST(entries().size() <= 110U);
  refusals.finish();
  refusals.flush(database);
  std::int64_t sum = 0;
  for (const Entry& entry : entries()) sum += count_of(entry);
  BOOST_TEST(sum == 1200);
  BOOST_TEST(entries().size() <= 211U);
}

BOOST_FIXTURE_TEST_CASE(flood_of_one_trail_hides_nothing_in_another, Refusing) {
  for (int number = 0; number < 1000; ++number) add("192.0.2.1", "r", std::to_string(number));
  const std::string flooded = std::exchange(tenant, make_id("tnt_", clock.now()));
  add("192.0.2.2", "r", "usr_x");
  refusals.flush(database);
  BOOST_REQUIRE(entries().size() == 1U);
  BOOST_TEST(entries()[0].resource_id.value() == "usr_x");
  tenant = flooded;
  BOOST_TEST(entries().size() == 101U);
}

/// A directory in which a PostgreSQL seems to listen and never answers.
struct Silence {
  std::filesystem::path folder{"/tmp/gatehouse-silence-" + std::to_string(getpid())};
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  Silence() {
    std::filesystem::create_directory(folder);
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    (folder / ".s.PGSQL.5432").string().copy(address.sun_path, sizeof(address.sun_path) - 1);
    BOOST_REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    BOOST_REQUIRE(listen(listener, 8) == 0);
  }
  ~Silence() {
    close(listener);
    std::filesystem::remove_all(folder);
  }
};

BOOST_FIXTURE_TEST_CASE(database_that_does_not_answer_lets_nothing_pile_up, Refusing) {
  const Silence silence;
  db::Connection silent({.conninfo = "port=5432 user=x host=" + silence.folder.string(),
                         .timeout = std::chrono::milliseconds(100)});
  int number = 0;
  for (int attempt = 0; attempt < 5; ++attempt) {
    add("192.0.2.1", "r", std::to_string(number++));
    std::atomic<bool> ended = false;
    const std::jthread flushing([&] {
      BOOST_CHECK_THROW(refusals.flush(silent), db::Unavailable);
      ended = true;
    });
    while (!ended) add("192.0.2.1", "r", std::to_string(number++));
  }
  refusals.finish();
  refusals.flush(database);
  const auto found = entries();
  BOOST_TEST(found.size() <= 101U);
  std::int64_t sum = 0;
  for (const Entry& entry : found) sum += count_of(entry);
  BOOST_TEST(sum == number);
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
  refusals.finish();
  refusals.flush(database);
  std::int64_t sum = 0;
  for (const Entry& entry : entries()) sum += count_of(entry);
  BOOST_TEST(sum == 2000);
}

}  // namespace
}  // namespace gatehouse::trail
