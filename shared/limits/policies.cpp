#include "limits/policies.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <sstream>
#include <system_error>

namespace gatehouse::limits {
namespace {

using std::chrono::seconds;

constexpr std::int64_t most_count = 1'000'000;
/// A debt is kept in nanoseconds, and nobody waits longer for a burst to come back.
constexpr std::chrono::hours longest_refill{24 * 31};

std::optional<seconds> period(std::string_view unit) {
  if (unit == "s") return seconds(1);
  if (unit == "m") return seconds(60);
  if (unit == "h") return seconds(3600);
  if (unit == "d") return seconds(86400);
  return std::nullopt;
}

std::vector<std::string_view> words(std::string_view line) {
  line = line.substr(0, line.find('#'));
  std::vector<std::string_view> found;
  for (;;) {
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin == line.npos) return found;
    line.remove_prefix(begin);
    const auto end = std::min(line.find_first_of(" \t\r"), line.size());
    found.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string header_of(const std::string& name, const Rate& rate) {
  const auto refill = std::chrono::ceil<seconds>(rate.cost() * rate.burst);
  return '"' + name + "\";q=" + std::to_string(rate.burst) + ";w=" + std::to_string(refill.count());
}

}  // namespace

/// Reads the lines of one file.
class Parser {
 public:
  explicit Parser(std::string name) : name_(std::move(name)) {}

  void line(std::string_view text) {
    ++number_;
    left_ = words(text);
    if (left_.empty()) return;
    dry_run_ = left_.back() == "dry_run";
    if (dry_run_) left_.pop_back();
    if (left_.empty()) {
      all_dry_ = true;
      return;
    }
    const std::string_view kind =
        take("a line begins with limit, connections, failures, delay or quota");
    if (kind == "limit") {
      limit();
    } else if (kind == "failures") {
      if (made_.failures_) refuse("failures are there twice; keep one of the lines");
      const Rate allowed = *rate(false, false);
      made_.failures_ = {allowed, dry_run_, header_of("failures", allowed)};
    } else if (kind == "connections") {
      connections();
    } else if (kind == "delay") {
      delay();
    } else if (kind == "quota") {
      quota();
    } else {
      refuse("a line begins with limit, connections, failures, delay or quota");
    }
    if (!left_.empty()) refuse("there is more on the line than belongs there");
  }

  Policies finish() && {
    const auto require = [this](bool there, const char* what) {
      if (!there) throw PolicyError(name_ + ": there is no line `" + what + "`; add it");
    };
    require(made_.find("default") != nullptr, "limit default");
    require(made_.failures_.has_value(), "failures");
    require(made_.login_delay_.has_value(), "delay login");
    if (all_dry_) {
      for (Policy& policy : made_.policies_) policy.dry_run = true;
      for (QuotaPolicy& policy : made_.quotas_) policy.dry_run = true;
      made_.failures_->dry_run = made_.login_delay_->dry_run = true;
    }
    return std::move(made_);
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw PolicyError(name_ + ":" + std::to_string(number_) + ": " + what);
  }

  std::string_view take(const char* otherwise) {
    if (left_.empty()) refuse(otherwise);
    const std::string_view word = left_.front();
    left_.erase(left_.begin());
    return word;
  }

  std::string name_of_policy() {
    const std::string_view word = take("the name is missing");
    if (!is_name(word)) refuse("a name is at most 32 of a-z, 0-9 and _");
    return std::string(word);
  }

  std::int64_t count(std::string_view text, std::int64_t least) {
    std::int64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error == std::errc() && rest == end && value >= least && value <= most_count) return value;
    refuse("a whole number from " + std::to_string(least) + " to " + std::to_string(most_count) +
           " is expected where it says \"" + std::string(text.substr(0, 32)) + '"');
  }

  /// `N/unit`.
  std::pair<std::int64_t, seconds> per_period(std::string_view text) {
    const auto slash = std::min(text.find('/'), text.size());
    const auto window = period(text.substr(std::min(slash + 1, text.size())));
    if (!window) refuse("a rate is N/s, N/m, N/h or N/d");
    return {count(text.substr(0, slash), 1), *window};
  }

  /// A rate and its burst, or a dash where there may be none.
  std::optional<Rate> rate(bool of_nginx, bool may_be_absent) {
    const std::string_view text = take("a rate is missing");
    if (may_be_absent && text == "-") return std::nullopt;
    const auto [number, window] = per_period(text);
    if (of_nginx && window > seconds(60)) refuse("nginx counts N/s or N/m");
    const Rate made{number, window, count(take("a burst is missing behind the rate"), 1)};
    if (window * made.burst / number > longest_refill) {
      refuse("the burst would take more than 31 days to come back; make it smaller");
    }
    return made;
  }

  seconds span(std::string_view text) {
    const auto unit = text.empty() ? std::nullopt : period(text.substr(text.size() - 1));
    if (!unit) refuse("a span of time is a number with s, m, h or d");
    const seconds made = count(text.substr(0, text.size() - 1), 1) * *unit;
    if (made > std::chrono::hours(24)) refuse("a delay is at most a day");
    return made;
  }

  void limit() {
    Policy policy{
        .name = name_of_policy(), .address = {}, .caller = {}, .dry_run = dry_run_, .header = {}};
    if (made_.find(policy.name) != nullptr) refuse(policy.name + " is there twice; keep one line");
    policy.address = rate(true, policy.name != "default");
    policy.caller = rate(false, true);
    if (policy.caller) policy.header = header_of(policy.name, *policy.caller);
    made_.policies_.push_back(std::move(policy));
  }

  /// nginx's alone.
  void connections() {
    if (has_connections_) refuse("connections are there twice; keep one of the lines");
    has_connections_ = true;
    if (count(take("the number of connections is missing"), 1) > 65535) {
      refuse("nginx counts up to 65535 connections of an address");
    }
  }

  void delay() {
    if (take("what is delayed is missing") != "login" || made_.login_delay_) {
      refuse("there is one delay, that of login");
    }
    DelayPolicy policy{.free = count(take("the number of free failures is missing"), 0),
                       .first = span(take("the first delay is missing")),
                       .most = span(take("the longest delay is missing")),
                       .dry_run = dry_run_};
    if (policy.most < policy.first) refuse("the longest delay is shorter than the first");
    made_.login_delay_ = policy;
  }

  void quota() {
    std::string name = name_of_policy();
    if (made_.quota(name) != nullptr) refuse(name + " is there twice; keep one line");
    const auto [most, window] = per_period(take("what is allowed is missing"));
    if (window < seconds(3600)) refuse("a quota is N/h or N/d");
    made_.quotas_.push_back({std::move(name), most, window, dry_run_});
  }

  const std::string name_;
  int number_ = 0;
  std::vector<std::string_view> left_;  ///< of the line
  bool dry_run_ = false;                ///< of the line
  bool all_dry_ = false;
  bool has_connections_ = false;
  Policies made_;
};

Policies Policies::parse(std::string_view text, const std::string& name) {
  Parser parser(name);
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    parser.line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::move(parser).finish();
}

Policies Policies::load(const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file || !text) {
    throw PolicyError(path + ": cannot be read (" + std::generic_category().message(errno) +
                      "); correct the setting limits_file, or remove it to have the limits that "
                      "are built in");
  }
  return parse(text.str(), path);
}

const Policy* Policies::find(std::string_view name) const {
  const auto found = std::ranges::find(policies_, name, &Policy::name);
  return found == policies_.end() ? nullptr : &*found;
}

const QuotaPolicy* Policies::quota(std::string_view name) const {
  const auto found = std::ranges::find(quotas_, name, &QuotaPolicy::name);
  return found == quotas_.end() ? nullptr : &*found;
}

}  // namespace gatehouse::limits
