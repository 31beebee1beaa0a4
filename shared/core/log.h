#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>

namespace gatehouse::log {

enum class Level { debug, info, warn, error };

struct Field {
  std::string_view name;  ///< a literal
  std::variant<std::string_view, std::int64_t, double, bool, std::nullptr_t> value;
};
using Fields = std::initializer_list<Field>;

/// Lines below `level` are dropped; every line names `function`. Call once, before any thread
/// starts.
void configure(std::string_view function, Level level);

/// Writes one JSON object and a newline to stderr, whole and at once: `{"time", "level",
/// "function", "event", ...fields}`. `event` is a literal. Values are escaped, so no field can
/// forge a line. If stderr takes nothing, the line waits in memory, or is dropped and counted
/// (`log_lines_dropped`): no request waits for whoever reads the log. Never pass a secret, a token,
/// a password or a personal datum.
void write(Level level, std::string_view event, Fields fields = {});

/// As write(), for lines that are many: those below `warn` are written together, when there are
/// enough of them or at the next flush().
void write_soon(Level level, std::string_view event, Fields fields = {});

/// Writes what waits. Somebody calls it a few times a second, and at the end of the process with
/// some patience for a reader who is behind.
void flush(std::chrono::milliseconds patience = {});

inline void info(std::string_view event, Fields fields = {}) {
  write(Level::info, event, fields);
}
inline void warn(std::string_view event, Fields fields = {}) {
  write(Level::warn, event, fields);
}
inline void error(std::string_view event, Fields fields = {}) {
  write(Level::error, event, fields);
}

}  // namespace gatehouse::log
