#include "users/login_guard.h"

#include <boost/test/unit_test.hpp>

#include "functions/users/fixture.h"
#include "users/errors.h"

namespace gatehouse::users {

namespace {

using namespace std::chrono_literals;

struct GuardFixture : Fixture {
  limits::Instant moment = limits::Instant(1000h);
  LoginGuard guard = make_guard(false);

  LoginGuard make_guard(bool dry_run) {
    return {{.free = 3, .first = 1s, .most = 15min, .dry_run = dry_run}, keyring, 4096, [this] {
              return moment;
            }};
  }

  Claimant claimant(std::string_view email, std::string_view address = "192.0.2.1",
                    std::string_view device = {}) const {
    return {.tenant_id = tenant,
            .email_key = email_key(email),
            .remote_address = address,
            .device_token = device};
  }

  /// The code of the answer and the seconds of Retry-After, and how many hashes it took.
  std::string attempt(const Claimant& who, const char* password, LoginGuard* by = nullptr) {
    const auto before = hasher.computed();
    std::string answer = "logged_in";
    try {
      (by == nullptr ? guard : *by).attempt(who, [&] { return check(who.email_key, password); });
    } catch (const Failure& failure) {
      answer = failure.code();
      if (failure.retry_after()) answer += ' ' + std::to_string(failure.retry_after()->count());
    }
    return answer + ", hashes " + std::to_string(hasher.computed() - before);
  }
  void fail_often(const Claimant& who) {
    for (int i = 0; i < 100; ++i) attempt(who, "wrong");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(login_guard, GuardFixture)

BOOST_AUTO_TEST_CASE(unknown_and_known_accounts_are_delayed_alike_without_a_hash) {
  add_user("ann@example.com");
  for (const char* email : {"ann@example.com", "nobody@example.com"}) {
    for (int i = 0; i < 4; ++i) {
      BOOST_TEST(attempt(claimant(email), "wrong") == "login_refused, hashes 1");
    }
    BOOST_TEST(attempt(claimant(email), "wrong") == "login_delayed 1, hashes 0");
    BOOST_TEST(attempt(claimant(email), "correct horse") == "login_delayed 1, hashes 0");
    moment += 1s;
    BOOST_TEST(attempt(claimant(email), "wrong") == "login_refused, hashes 1");
    BOOST_TEST(attempt(claimant(email), "wrong") == "login_delayed 2, hashes 0");
  }
}

BOOST_AUTO_TEST_CASE(a_stranger_elsewhere_does_not_delay_the_owner) {
  add_user("ann@example.com");
  fail_often(claimant("ann@example.com", "203.0.113.9"));
  BOOST_TEST(attempt(claimant("ann@example.com"), "correct horse") == "logged_in, hashes 1");
}

BOOST_AUTO_TEST_CASE(a_stranger_at_the_same_address_does_not_delay_a_device_that_has_logged_in) {
  add_user("ann@example.com");
  const std::string device = guard.device_token(claimant("ann@example.com"));
  fail_often(claimant("ann@example.com"));
  const Claimant owner = claimant("ann@example.com", "192.0.2.1", device);
  BOOST_TEST(attempt(owner, "correct horse") == "logged_in, hashes 1");
  BOOST_TEST(guard.device_token(owner) == device);
  // Another copy of the program knows it too.
  LoginGuard copy = make_guard(false);
  BOOST_TEST(copy.device_token(owner) == device);
}

BOOST_AUTO_TEST_CASE(a_device_waits_for_its_own_failures) {
  add_user("ann@example.com");
  const std::string device = guard.device_token(claimant("ann@example.com"));
  const Claimant owner = claimant("ann@example.com", "192.0.2.1", device);
  fail_often(owner);
  BOOST_TEST(attempt(owner, "correct horse").starts_with("login_delayed"));
  BOOST_TEST(attempt(claimant("ann@example.com"), "correct horse") == "logged_in, hashes 1");
}

BOOST_AUTO_TEST_CASE(a_device_token_of_another_account_or_a_forged_one_is_none) {
  const std::string other = guard.device_token(claimant("bob@example.com"));
  std::string forged = guard.device_token(claimant("ann@example.com"));
  forged[10] = forged[10] == 'A' ? 'B' : 'A';
  fail_often(claimant("ann@example.com"));
  for (const std::string& token : {other, forged, std::string("dvt_"), std::string("x")}) {
    const Claimant who = claimant("ann@example.com", "192.0.2.1", token);
    BOOST_TEST(attempt(who, "wrong").starts_with("login_delayed"));
    BOOST_TEST(guard.device_token(who) != token);
  }
}

BOOST_AUTO_TEST_CASE(the_same_network_of_64_bits_is_one_source) {
  fail_often(claimant("ann@example.com", "2001:db8::1"));
  BOOST_TEST(attempt(claimant("ann@example.com", "2001:db8::ffff:1"), "wrong")
                 .starts_with("login_delayed"));
  BOOST_TEST(attempt(claimant("ann@example.com", "2001:db8:0:1::1"), "wrong") ==
             "login_refused, hashes 1");
}

BOOST_AUTO_TEST_CASE(a_dry_run_delays_nobody) {
  LoginGuard dry = make_guard(true);
  for (int i = 0; i < 20; ++i) {
    BOOST_TEST(attempt(claimant("ann@example.com"), "wrong", &dry) == "login_refused, hashes 1");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace gatehouse::users
