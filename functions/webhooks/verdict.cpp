#include "webhooks/verdict.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/spans.h"

namespace gatehouse::webhooks {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::optional<int> digits(std::string_view text) {
  int number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || text.front() == '-' || error != std::errc() || rest != end)
    return std::nullopt;
  return number;
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
std::optional<Time> from_imf_fixdate(std::string_view text) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  constexpr std::string_view form = "...,_.._..._...._..:..:.._GMT";
  if (text.size() != form.size()) return std::nullopt;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const char expected = form[i] == '_' ? ' ' : form[i];
    if (expected != '.' && text[i] != expected) return std::nullopt;
  }
  const auto day = digits(text.substr(5, 2)), year = digits(text.substr(12, 4)),
             hour = digits(text.substr(17, 2)), minute = digits(text.substr(20, 2)),
             second = digits(text.substr(23, 2));
  const std::size_t month = months.find(text.substr(8, 3));
  if (!day || !year || !hour || !minute || !second || month == months.npos || month % 3 != 0) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(month / 3 + 1)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         seconds(*second);
}

}  // namespace

Schedule::Schedule(std::string_view spans) : spans_(parse_spans(spans).value()) {}

std::optional<milliseconds> Schedule::after(int failures, double jitter) const {
  const auto index = static_cast<std::size_t>(failures - 1);
  if (index >= spans_.size()) return std::nullopt;
  constexpr double share = 0.1;
  const double span = static_cast<double>(spans_[index].count()) * (1 + share * jitter);
  return milliseconds(std::max<std::int64_t>(1, std::llround(span)));
}

std::optional<seconds> retry_after(std::string_view header, Time now) {
  if (const auto number = digits(header)) return seconds(*number);
  // More seconds than anybody waits, and than a number holds.
  if (!header.empty() && std::ranges::all_of(header, [](char c) { return c >= '0' && c <= '9'; })) {
    return longest_retry_after;
  }
  const auto until = from_imf_fixdate(header);
  if (!until) return std::nullopt;
  return std::max(0s, std::chrono::ceil<seconds>(*until - now));
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
  if (const auto asked = retry_after(outcome.header("retry-after"), attempt.now)) {
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
