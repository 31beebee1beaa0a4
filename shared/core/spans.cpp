#include "core/spans.h"

#include <algorithm>
#include <charconv>

namespace gatehouse {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds longest = std::chrono::days(30);

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<milliseconds> parse_span(std::string_view text) {
  std::int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc()) return std::nullopt;
  const auto unit = milliseconds_of({rest, static_cast<std::size_t>(end - rest)});
  if (!unit || count < 1 || count > longest.count() / *unit) return std::nullopt;
  return milliseconds(count * *unit);
}

}  // namespace

std::optional<std::int64_t> milliseconds_of(std::string_view unit) {
  if (unit == "ms") return 1;
  if (unit == "s") return 1000;
  if (unit == "m") return 60'000;
  if (unit == "h") return 3'600'000;
  if (unit == "d") return 86'400'000;
  return std::nullopt;
}

std::optional<std::vector<milliseconds>> parse_spans(std::string_view list) {
  std::vector<milliseconds> spans;
  if (trimmed(list).empty()) return spans;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const auto span = parse_span(trimmed(list.substr(begin, end - begin)));
    if (!span) return std::nullopt;
    spans.push_back(*span);
    begin = end + 1;
  }
  return spans;
}

}  // namespace gatehouse
