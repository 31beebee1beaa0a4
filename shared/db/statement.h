#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/encoding.h"
#include "core/time.h"

namespace gatehouse::db {

/// One SQL statement with `$1` parameters. Declared as a constant in a store; prepared under its
/// name on a connection's first use of it (names are unique in a process).
struct Statement {
  const char* name;
  const char* sql;
};

/// A parameter's value. Text goes as text, bytes as binary bytea; absent is NULL. Views must
/// outlive the call they are passed to.
class Param {
 public:
  Param(std::string_view text) : text_(text) {}
  Param(const std::string& text) : text_(text) {}
  Param(const char* text) : text_(std::string_view(text)) {}
  Param(const std::optional<std::string>& text);
  Param(std::nullopt_t) : null_(true) {}
  Param(bool flag) : text_(flag ? "t" : "f") {}
  Param(std::int64_t number);
  Param(int number) : Param(std::int64_t{number}) {}
  Param(Time time);
  Param(std::optional<Time> time);
  Param(std::span<const std::byte> bytes) : text_(as_text(bytes)), binary_(true) {}
  Param(const Bytes& bytes) : Param(std::span<const std::byte>(bytes)) {}
  template <std::size_t size>
  Param(const std::array<std::byte, size>& bytes) : Param(std::span<const std::byte>(bytes)) {}

  bool is_null() const { return null_; }
  bool is_binary() const { return binary_; }
  std::string_view text() const { return owned_.empty() ? text_ : std::string_view(owned_); }

 private:
  std::string_view text_;
  std::string owned_;
  bool null_ = false;
  bool binary_ = false;
};

using Params = std::initializer_list<Param>;

/// `2024-01-01 00:00:00.000000+00`: a timestamptz in PostgreSQL's own resolution, also for COPY.
std::string timestamp_text(Time time);

/// `{"a","b"}` as PostgreSQL's text[] literal, and back.
std::string array_literal(const std::vector<std::string>& items);
std::vector<std::string> parse_array(std::string_view literal);

}  // namespace gatehouse::db
