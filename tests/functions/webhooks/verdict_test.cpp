#include "webhooks/verdict.h"

#include <boost/test/unit_test.hpp>

#include "core/settings.h"

using namespace gatehouse;
using namespace gatehouse::webhooks;
using namespace std::chrono_literals;
using State = Verdict::State;

namespace {

const Time now = from_iso8601("2026-11-20T12:00:00Z").value();
const Schedule schedule{Settings().webhook_retries};

egress::Outcome answer(int status, const std::string& retry_after = {}) {
  egress::Outcome outcome;
  outcome.status = status;
  if (!retry_after.empty()) outcome.headers.emplace_back("retry-after", retry_after);
  if (status >= 300 && status < 400) outcome.failure = egress::FailureKind::redirect;
  return outcome;
}

egress::Outcome failure(egress::FailureKind kind) {
  egress::Outcome outcome;
  outcome.failure = kind;
  return outcome;
}

Verdict judged(const egress::Outcome& outcome, int failures = 0, bool probe = false) {
  return judge(outcome, {.failures = failures, .probe = probe, .now = now}, schedule);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(verdict)

BOOST_AUTO_TEST_CASE(only_2xx_is_success) {
  for (const int status : {200, 201, 202, 204, 299}) {
    BOOST_TEST((judged(answer(status)).state == State::delivered), status);
  }
  for (const int status : {199, 300, 301, 302, 304, 307, 308, 400, 401, 404, 429, 500, 503}) {
    const Verdict verdict = judged(answer(status));
    BOOST_TEST((verdict.state == State::later), status);
    BOOST_TEST(verdict.failures == 1);
    BOOST_TEST(!verdict.gone);
  }
}

BOOST_AUTO_TEST_CASE(no_answer_is_a_failure_of_the_receiver_or_of_nobody) {
  using enum egress::FailureKind;
  for (const auto kind : {url, address, dns, connect, tls, time_out, too_large, broken}) {
    const Verdict verdict = judged(failure(kind));
    BOOST_TEST((verdict.state == State::later));
    BOOST_TEST(verdict.failures == 1);
    BOOST_TEST(verdict.receivers);
  }
  for (const auto kind : {internal, cancelled}) {
    const Verdict verdict = judged(failure(kind), 5);
    BOOST_TEST((verdict.state == State::later));
    BOOST_TEST(verdict.failures == 5);
    BOOST_TEST(!verdict.receivers);
  }
}

BOOST_AUTO_TEST_CASE(five_retries_come_after_longer_and_longer_and_then_it_is_a_dead_letter) {
  const std::vector<std::chrono::milliseconds> waits{10s, 60s, 6min, 36min, 216min};
  for (int failures = 0; failures < 5; ++failures) {
    const Verdict verdict = judged(answer(500), failures);
    BOOST_TEST((verdict.state == State::later));
    BOOST_TEST((verdict.wait == waits[static_cast<std::size_t>(failures)]));
  }
  const Verdict last = judged(answer(500), 5);
  BOOST_TEST((last.state == State::dead_letter));
  BOOST_TEST(last.failures == 6);
}

BOOST_AUTO_TEST_CASE(waits_are_spread_over_a_tenth_either_way) {
  BOOST_TEST((schedule.after(1, -1) == 9s));
  BOOST_TEST((schedule.after(1, 1) == 11s));
  BOOST_TEST((schedule.after(2, 0.5) == 63s));
  BOOST_TEST((Schedule("1ms").after(1, -1) == 1ms));
  BOOST_TEST(!Schedule("").after(1, 0).has_value());
}

BOOST_AUTO_TEST_CASE(retry_after_waits_for_longer_within_bounds_and_never_for_less) {
  BOOST_TEST((judged(answer(500, "120")).wait == 120s));
  BOOST_TEST((judged(answer(500, "3")).wait == 10s));
  BOOST_TEST((judged(answer(500, "0")).wait == 10s));
  BOOST_TEST((judged(answer(500, "86400")).wait == 1h));
  BOOST_TEST((judged(answer(500, "99999999999999999999")).wait == 1h));
  BOOST_TEST((judged(answer(500, "5"), 5).state == State::dead_letter));
  BOOST_TEST((judged(answer(200, "120")).hush == 0s));
}

BOOST_AUTO_TEST_CASE(overloaded_receivers_are_left_alone_as_a_whole) {
  BOOST_TEST((judged(answer(429, "30")).hush == 30s));
  BOOST_TEST((judged(answer(503, "30")).hush == 30s));
  BOOST_TEST((judged(answer(500, "30")).hush == 0s));
  BOOST_TEST((judged(answer(429)).hush == 0s));
}

BOOST_AUTO_TEST_CASE(endpoint_that_is_gone_costs_the_delivery_nothing) {
  const Verdict verdict = judged(answer(410), 3);
  BOOST_TEST(verdict.gone);
  BOOST_TEST((verdict.state == State::again));
  BOOST_TEST(verdict.failures == 3);
}

BOOST_AUTO_TEST_CASE(probe_costs_the_delivery_nothing_unless_it_succeeds) {
  const Verdict failed = judged(answer(500), 5, true);
  BOOST_TEST((failed.state == State::again));
  BOOST_TEST(failed.failures == 5);
  BOOST_TEST(failed.receivers);
  BOOST_TEST((judged(answer(200), 5, true).state == State::delivered));
}

BOOST_AUTO_TEST_SUITE_END()
