#include "core/log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <string>

#include "core/encoding.h"
#include "core/time.h"

namespace gatehouse::log {
namespace {

// Longer texts are cut, so that a line stays near PIPE_BUF and lines of two threads do not mix.
constexpr std::size_t longest_value = 1024;

std::string function_name = "gatehouse";  // written once, before any thread starts
std::atomic<Level> threshold = Level::info;

std::string_view level_name(Level level) {
  constexpr std::array<std::string_view, 4> names = {"debug", "info", "warn", "error"};
  return names[static_cast<std::size_t>(level)];
}

void append_name(std::string& line, std::string_view name) {
  line += line.size() == 1 ? "" : ",";
  append_json_string(line, name);
  line += ':';
}

void append_text(std::string& line, std::string_view name, std::string_view text) {
  append_name(line, name);
  append_json_string(line, text.substr(0, longest_value));
}

template <typename Number>
void append_number(std::string& line, Number number) {
  std::array<char, 40> digits{};
  line.append(digits.data(), std::to_chars(digits.begin(), digits.end(), number).ptr);
}

std::string timestamp() {
  const Time now = SystemClock().now();
  std::string text = iso8601(now);
  const auto fraction = now - std::chrono::floor<std::chrono::seconds>(now);
  std::array<char, 16> tail{};
  static_cast<void>(
      std::snprintf(tail.data(), tail.size(), ".%03dZ", static_cast<int>(fraction.count() / 1000)));
  text.pop_back();
  return text += tail.data();
}

struct AppendValue {
  std::string& line;
  void operator()(std::string_view text) const {
    append_json_string(line, text.substr(0, longest_value));
  }
  void operator()(std::int64_t number) const { append_number(line, number); }
  void operator()(double number) const {
    if (std::isfinite(number)) {
      append_number(line, number);
    } else {
      line += "null";
    }
  }
  void operator()(bool flag) const { line += flag ? "true" : "false"; }
};

}  // namespace

void configure(std::string_view function, Level level) {
  function_name = function;
  threshold = level;
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (level < threshold.load(std::memory_order_relaxed)) return;
  std::string line = "{";
  line.reserve(256);
  append_text(line, "time", timestamp());
  append_text(line, "level", level_name(level));
  append_text(line, "function", function_name);
  append_text(line, "event", event);
  for (const Field& field : fields) {
    append_name(line, field.name);
    std::visit(AppendValue{line}, field.value);
  }
  line += "}\n";
  // A log that cannot be written is no reason to refuse a request.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace gatehouse::log
