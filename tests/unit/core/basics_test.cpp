#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/encoding.h"
#include "core/error.h"
#include "core/ids.h"
#include "core/random.h"
#include "core/secret.h"
#include "core/time.h"

using namespace gatehouse;             // NOLINT
using namespace std::chrono_literals;  // NOLINT

namespace {

constexpr ErrorKind example{409, "taken", "name is taken", "Choose another name."};

std::string random_hex(std::size_t size) {
  Bytes bytes(size);
  random_bytes(bytes);
  return to_hex(bytes);
}

}  // namespace

BOOST_AUTO_TEST_CASE(failure_carries_its_kind) {
  const Failure failure(example);
  BOOST_TEST(failure.status() == 409);
  BOOST_TEST(failure.code() == "taken");
  BOOST_TEST(failure.error() == "name is taken");
  BOOST_TEST(failure.what() == "name is taken");
  BOOST_TEST(failure.next_step() == "Choose another name.");
  BOOST_TEST(!failure.retry_after());
}

BOOST_AUTO_TEST_CASE(failure_carries_what_goes_into_headers) {
  const Failure failure = Failure(example).retry_after(7s).challenge("Bearer").allow("GET, HEAD");
  BOOST_TEST((failure.retry_after() == 7s));
  BOOST_TEST(failure.challenge() == "Bearer");
  BOOST_TEST(failure.allow() == "GET, HEAD");
}

BOOST_AUTO_TEST_CASE(wipe_overwrites_every_byte) {
  std::string text = "hunter2";
  wipe(text);
  BOOST_TEST(text == std::string(7, '\0'));
  wipe({});
}

BOOST_AUTO_TEST_CASE(moved_secret_leaves_nothing_behind) {
  for (const std::string& plain : {std::string("short"), std::string(100, 'x')}) {
    Secret first{std::string(plain)};
    const std::string_view place = first.reveal();
    const Secret second(std::move(first));
    BOOST_TEST(second.reveal() == plain);
    BOOST_TEST(first.empty());  // NOLINT(bugprone-use-after-move)
    // A short text lies in the object itself, so its old place is still there to look at.
    if (plain.size() < 16) BOOST_TEST((place == std::string_view("\0\0\0\0\0", 5)));
  }
}

BOOST_AUTO_TEST_CASE(assigned_secret_takes_the_new_value) {
  Secret secret(std::string("old"));
  secret = Secret(std::string("new value that is longer than a short string"));
  BOOST_TEST(secret.reveal() == "new value that is longer than a short string");
  Secret& alias = secret;
  secret = std::move(alias);
  BOOST_TEST(secret.reveal() == "new value that is longer than a short string");
}

BOOST_AUTO_TEST_CASE(moments_are_read_in_the_forms_that_are_documented) {
  const Time day = from_unix_seconds(1709164800);  // 2024-02-29
  BOOST_TEST((from_iso8601("2024-02-29") == day));
  BOOST_TEST((from_iso8601("2024-02-29T00:00:00Z") == day));
  BOOST_TEST((from_iso8601("2024-02-29T23:59:59Z") == day + 86399s));
  BOOST_TEST((from_iso8601("2024-02-29T00:00:01.5Z") == day + 1500000us));
  BOOST_TEST((from_iso8601("2024-02-29T00:00:00.000001Z") == day + 1us));
  for (const char* text : {"", "2024", "2023-02-29", "2024-13-01", "2024-2-29", "2024-02-29T",
                           "2024-02-29T00:00Z", "2024-02-29T00:00:00", "2024-02-29T24:00:00Z",
                           "2024-02-29T00:60:00Z", "2024-02-29 00:00:00Z", "2024-02-29T00:00:00.Z",
                           "2024-02-29T00:00:00.1234567Z", "2024-02-29T00:00:00+00:00",
                           "2024-02-29T00:00:0-1Z", "1969-12-31", "2024-02-29Z", "20240-02-29"}) {
    BOOST_TEST(!from_iso8601(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(times_are_shown_as_iso_8601) {
  BOOST_TEST(iso8601(from_unix_seconds(1704067200)) == "2024-01-01T00:00:00Z");
  BOOST_TEST(iso8601(from_unix_seconds(1709251199) + 999999us) == "2024-02-29T23:59:59Z");
  BOOST_TEST(iso8601(from_unix_seconds(-1)) == "1969-12-31T23:59:59Z");
  BOOST_TEST(iso8601(Time(-1us)) == "1969-12-31T23:59:59Z");
}

BOOST_AUTO_TEST_CASE(times_beyond_four_digit_years_are_held_back) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  BOOST_TEST(iso8601(from_unix_seconds(most)) == "9999-12-31T23:59:59Z");
  BOOST_TEST(iso8601(from_unix_seconds(least)) == "0001-01-01T00:00:00Z");
  BOOST_TEST(iso8601(Time::max()) == "9999-12-31T23:59:59Z");
  BOOST_TEST(iso8601(Time::min()) == "0001-01-01T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(unix_seconds_round_down) {
  BOOST_TEST(unix_seconds(from_unix_seconds(1704067200) + 999999us) == 1704067200);
  BOOST_TEST(unix_seconds(Time(-1us)) == -1);
}

BOOST_AUTO_TEST_CASE(deadline_is_never_negative) {
  BOOST_TEST(Deadline::in(-5ms).passed());
  BOOST_TEST(Deadline::in(-5ms).left().count() == 0);
  const Deadline later = Deadline::in(1h);
  BOOST_TEST(!later.passed());
  BOOST_TEST((later.left() > 59min && later.left() <= 1h));
}

BOOST_AUTO_TEST_CASE(random_bytes_do_not_repeat) {
  std::set<std::string> seen;
  for (int i = 0; i < 2000; ++i) BOOST_TEST(seen.insert(random_hex(16)).second);
  BOOST_TEST(random_hex(5000) != random_hex(5000));
  BOOST_TEST(random_hex(0).empty());
}

BOOST_AUTO_TEST_CASE(random_bytes_fill_all_of_any_size) {
  for (const std::size_t size : {1U, 15U, 1000U, 1024U, 1025U, 4096U, 10000U}) {
    // Each position has to be other than zero at least once in 64 tries.
    Bytes seen(size);
    for (int i = 0; i < 64; ++i) {
      Bytes bytes(size);
      random_bytes(bytes);
      for (std::size_t k = 0; k < size; ++k) seen[k] |= bytes[k];
    }
    BOOST_TEST(std::ranges::count(seen, std::byte{0}) == 0);
  }
}

BOOST_AUTO_TEST_CASE(threads_draw_different_random_bytes) {
  std::string here = random_hex(32);
  std::string there;
  std::jthread([&] { there = random_hex(32); }).join();
  BOOST_TEST(here != there);
}

BOOST_AUTO_TEST_CASE(id_is_a_uuid_version_7_in_crockford) {
  const std::string id = make_id("usr_", from_unix_seconds(1704067200));
  BOOST_TEST(id.size() == 30U);
  BOOST_TEST(is_id("usr_", id));
  BOOST_TEST(!is_id("tnt_", id));
  // 48 bits of milliseconds fill ten characters but the last two bits.
  BOOST_TEST(id.substr(4, 9) == "01hk153x0");
}

BOOST_AUTO_TEST_CASE(ids_sort_by_the_time_of_their_making) {
  const Time start = from_unix_seconds(1704067200);
  std::string last = make_id("evt_", start);
  for (int i = 1; i < 200; ++i) {
    std::string next = make_id("evt_", start + i * 1ms);
    BOOST_TEST(last < next);
    last = std::move(next);
  }
}

BOOST_AUTO_TEST_CASE(ids_of_one_moment_differ) {
  const Time now = from_unix_seconds(1704067200);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) BOOST_TEST(seen.insert(make_id("usr_", now)).second);
}

BOOST_AUTO_TEST_CASE(malformed_ids_are_refused) {
  for (const std::string_view id :
       {"", "usr_", "usr_", "usr_01hk153x0000000000000000", "usr_01hk153x000000000000000000a",
        "usr_81hk153x000000000000000000", "usr_01HK153X000000000000000000",
        "usr_01hk153x00000000000000000u", "usr-01hk153x000000000000000000",
        "usr_01hk153x00000000000000000'"}) {
    BOOST_TEST(!is_id("usr_", id), id);
  }
  BOOST_TEST(is_id("usr_", "usr_01hk153x000000000000000000"));
}
