#include "webhooks/verdict.h"

#include <algorithm>
#include <cmath>

#include "core/spans.h"
#include "egress/retry_after.h"

namespace gatehouse::webhooks {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

}  // namespace

Schedule::Schedule(std::string_view spans) : spans_(parse_spans(spans).value()) {}

std::optional<milliseconds> Schedule::after(int failures, double jitter) const {
  const auto index = static_cast<std::size_t>(failures - 1);
  if (index >= spans_.size()) return std::nullopt;
  constexpr double share = 0.1;
  const double span = static_cast<double>(spans_[index].count()) * (1 + share * jitter);
  return milliseconds(std::max<std::int64_t>(1, std::llround(span)));
}

Verdict judge(const egress::Outcome& outcome, const Attempt& attempt, const Schedule& schedule) {
  using State = Verdict::State;
  using egress::FailureKind;
  if (outcome.succeeded()) return {.state = State::delivered, .failures = attempt.failures};
  if (outcome.failure == FailureKind::internal || outcome.failure == FailureKind::cancelled) {
    return {.state = State::later,
            .wait = schedule.after(1, attempt.jitter).value_or(1s),
            .failures = attempt.failures,
            .receivers = false};
  }
  if (outcome.status == 410) {
    return {.state = State::again, .failures = attempt.failures, .gone = true};
  }
  Verdict verdict;
  milliseconds wanted{0};
  if (const auto asked = egress::retry_after(outcome.header("retry-after"), attempt.now)) {
    wanted = std::min<milliseconds>(*asked, longest_retry_after);
  }
  if (outcome.status == 429 || outcome.status == 503) verdict.hush = wanted;
  verdict.failures = attempt.failures + (attempt.probe ? 0 : 1);
  if (attempt.probe) return verdict;
  const auto wait = schedule.after(verdict.failures, attempt.jitter);
  verdict.state = wait ? State::later : State::dead_letter;
  verdict.wait = std::max(wait.value_or(0ms), wanted);
  return verdict;
}

}  // namespace gatehouse::webhooks
