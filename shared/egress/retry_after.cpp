#include "egress/retry_after.h"

#include <algorithm>
#include <charconv>

namespace gatehouse::egress {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

constexpr seconds longest = std::chrono::days(365);

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

std::optional<seconds> retry_after(std::string_view header, Time now) {
  if (const auto number = digits(header)) return std::min(seconds(*number), longest);
  // More than a number holds.
  if (!header.empty() && std::ranges::all_of(header, [](char c) { return c >= '0' && c <= '9'; })) {
    return longest;
  }
  const auto until = from_imf_fixdate(header);
  if (!until) return std::nullopt;
  return std::clamp(std::chrono::ceil<seconds>(*until - now), 0s, longest);
}

}  // namespace gatehouse::egress
