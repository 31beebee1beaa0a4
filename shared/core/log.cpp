#include "core/log.h"

#include <array>
#include <atomic>
#include <charconv>
#include <climits>
#include <cmath>
#include <cstdio>
#include <string>

#include "core/encoding.h"
#include "core/log_sink.h"
#include "core/time.h"

namespace gatehouse::log {
namespace {

// Longer texts are cut, so that a line stays within what one write(2) keeps whole; where that is
// not enough because all of it had to be escaped, more so.
constexpr std::array<std::size_t, 3> longest_value = {1024, 64, 8};
constexpr std::size_t longest_line = PIPE_BUF;

// Some seconds of a busy function's lines, for a reader who is behind.
constexpr std::size_t most_waiting = 1 << 20;

std::string function_name = "gatehouse";  // written once, before any thread starts
std::atomic<Level> threshold = Level::info;

/// Never destroyed: whatever runs at exit may still log.
Sink& sink() {
  static Sink& only = *new Sink(most_waiting);  // NOLINT
  return only;
}

std::string_view level_name(Level level) {
  constexpr std::array<std::string_view, 4> names = {"debug", "info", "warn", "error"};
  return names[static_cast<std::size_t>(level)];
}

template <typename Number>
void append_number(std::string& line, Number number) {
  std::array<char, 40> digits{};
  line.append(digits.data(), std::to_chars(digits.begin(), digits.end(), number).ptr);
}

/// With milliseconds. The part that changes once a second is kept.
void append_timestamp(std::string& line) {
  thread_local std::int64_t shown_second = -1;
  thread_local std::string shown;
  const Time now = SystemClock().now();
  if (const std::int64_t second = unix_seconds(now); second != shown_second) {
    shown_second = second;
    shown = iso8601(now);
    shown.pop_back();
  }
  const auto milliseconds = now.time_since_epoch().count() / 1000 % 1000;
  const std::array<char, 5> tail{'.', static_cast<char>('0' + milliseconds / 100),
                                 static_cast<char>('0' + milliseconds / 10 % 10),
                                 static_cast<char>('0' + milliseconds % 10), 'Z'};
  line.append(shown).append(tail.data(), tail.size());
}

struct AppendValue {
  std::string& line;
  std::size_t longest;
  void operator()(std::string_view text) const {
    append_json_string(line, text.substr(0, longest));
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
  void operator()(std::nullptr_t) const { line += "null"; }
};

void build(std::string& line, Level level, std::string_view event, Fields fields,
           std::size_t longest) {
  line.assign("{\"time\":\"");
  append_timestamp(line);
  line.append("\",\"level\":\"").append(level_name(level));
  line.append("\",\"function\":\"").append(function_name);
  line.append("\",\"event\":\"").append(event).append("\"");
  for (const Field& field : fields) {
    line.append(",\"").append(field.name).append("\":");
    std::visit(AppendValue{line, longest}, field.value);
  }
  line += "}\n";
}

void add(Level level, std::string_view event, Fields fields, bool at_once) {
  if (level < threshold.load(std::memory_order_relaxed)) return;
  thread_local std::string line;
  for (const std::size_t longest : longest_value) {
    build(line, level, event, fields, longest);
    if (line.size() <= longest_line) return sink().add(line, at_once);
  }
}

}  // namespace

void configure(std::string_view function, Level level) {
  function_name = function;
  threshold = level;
}

void write(Level level, std::string_view event, Fields fields) {
  add(level, event, fields, true);
}

void write_soon(Level level, std::string_view event, Fields fields) {
  add(level, event, fields, level >= Level::warn);
}

void flush(std::chrono::milliseconds patience) {
  if (const std::int64_t dropped = sink().take_dropped(); dropped > 0) {
    warn("log_lines_dropped", {{"count", dropped}});
  }
  sink().flush(static_cast<int>(patience.count()));
}

}  // namespace gatehouse::log
