#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>

namespace gatehouse::log {

enum class Level { debug, info, warn, error };

struct Field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;
};

/// Lines below `level` are dropped; every line names `function`. Call once, before any thread
/// starts.
void configure(std::string_view function, Level level);

/// Writes one JSON object and a newline to stderr in a single write(2): `{"time", "level",
/// "function", "event", ...fields}`. Values are escaped, so no field can forge a line.
/// Never pass a secret, a token, a password or a personal datum.
void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});

inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::info, event, fields);
}
inline void warn(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::warn, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::error, event, fields);
}

}  // namespace gatehouse::log
