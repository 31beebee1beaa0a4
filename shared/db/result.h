#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/encoding.h"
#include "core/time.h"

struct pg_result;

namespace gatehouse::db {

/// The rows of one statement. Owns libpq's memory; columns are read by name, and a name that does
/// not exist or a value of the wrong type is a bug (std::logic_error). Text is valid while the
/// Result is.
class Result {
 public:
  explicit Result(pg_result* result);
  Result(Result&&) noexcept;
  Result& operator=(Result&&) noexcept;
  ~Result();

  int rows() const;
  bool empty() const { return rows() == 0; }
  /// Rows that an INSERT, UPDATE or DELETE changed.
  std::int64_t affected() const;

  bool is_null(int row, const char* column) const;
  std::string_view text(int row, const char* column) const;  ///< "" where NULL
  std::optional<std::string> optional_text(int row, const char* column) const;
  std::int64_t integer(int row, const char* column) const;
  double decimal(int row, const char* column) const;
  bool boolean(int row, const char* column) const;
  Time time(int row, const char* column) const;  ///< of a timestamptz
  std::optional<Time> optional_time(int row, const char* column) const;
  Bytes bytes(int row, const char* column) const;                     ///< of a bytea
  std::vector<std::string> texts(int row, const char* column) const;  ///< of a text[]

 private:
  int column(const char* name) const;
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

}  // namespace gatehouse::db
