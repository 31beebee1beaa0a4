#include "db/result.h"

#include <libpq-fe.h>

#include <charconv>
#include <cstring>
#include <stdexcept>

#include "db/statement.h"

namespace gatehouse::db {
namespace {

[[noreturn]] void wrong(const char* column, const char* type) {
  throw std::logic_error(std::string("column ") + column + " is not " + type);
}

template <typename Number>
Number number(std::string_view text, const char* column, const char* type) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) wrong(column, type);
  return value;
}

/// `2026-01-02 03:04:05[.123456]+00`, as DateStyle ISO and TimeZone UTC give it.
Time parse_time(std::string_view text, const char* column) {
  const auto digits = [&](std::size_t from, std::size_t size) {
    if (text.size() < from + size) wrong(column, "a timestamptz");
    return number<int>(text.substr(from, size), column, "a timestamptz");
  };
  if (text.size() < 22 || !text.ends_with("+00")) wrong(column, "a timestamptz in UTC");
  const std::chrono::year_month_day day{std::chrono::year(digits(0, 4)),
                                        std::chrono::month(unsigned(digits(5, 2))),
                                        std::chrono::day(unsigned(digits(8, 2)))};
  int micros = 0;
  if (text[19] == '.') {
    const auto fraction = text.substr(20, text.size() - 23);
    micros = number<int>(fraction, column, "a timestamptz");
    for (auto size = fraction.size(); size < 6; ++size) micros *= 10;
  }
  return Time(std::chrono::sys_days(day)) + std::chrono::hours(digits(11, 2)) +
         std::chrono::minutes(digits(14, 2)) + std::chrono::seconds(digits(17, 2)) +
         std::chrono::microseconds(micros);
}

}  // namespace

void Result::Clear::operator()(pg_result* result) const {
  PQclear(result);
}

Result::Result(pg_result* result) : result_(result) {}
Result::Result(Result&&) noexcept = default;
Result& Result::operator=(Result&&) noexcept = default;
Result::~Result() = default;

int Result::rows() const {
  return PQntuples(result_.get());
}

std::int64_t Result::affected() const {
  const std::string_view text(PQcmdTuples(result_.get()));
  return text.empty() ? 0 : number<std::int64_t>(text, "(affected)", "a number");
}

int Result::column(const char* name) const {
  // PQfnumber folds case and allocates.
  const int count = PQnfields(result_.get());
  for (int index = 0; index < count; ++index) {
    if (!std::strcmp(PQfname(result_.get(), index), name)) return index;
  }
  throw std::logic_error(std::string("there is no column ") + name);
}

bool Result::is_null(int row, const char* name) const {
  const int index = column(name);
  if (row < 0 || row >= rows()) throw std::logic_error(std::string("no such row of ") + name);
  return PQgetisnull(result_.get(), row, index);
}

std::string_view Result::text(int row, const char* name) const {
  if (is_null(row, name)) return {};
  const int index = column(name);
  return {PQgetvalue(result_.get(), row, index),
          std::size_t(PQgetlength(result_.get(), row, index))};
}

std::optional<std::string> Result::optional_text(int row, const char* name) const {
  if (is_null(row, name)) return std::nullopt;
  return std::string(text(row, name));
}

std::int64_t Result::integer(int row, const char* name) const {
  return number<std::int64_t>(text(row, name), name, "an integer");
}

double Result::decimal(int row, const char* name) const {
  return number<double>(text(row, name), name, "a number");
}

bool Result::boolean(int row, const char* name) const {
  const auto value = text(row, name);
  if (value != "t" && value != "f") wrong(name, "a boolean");
  return value == "t";
}

Time Result::time(int row, const char* name) const {
  return parse_time(text(row, name), name);
}

std::optional<Time> Result::optional_time(int row, const char* name) const {
  if (is_null(row, name)) return std::nullopt;
  return time(row, name);
}

Bytes Result::bytes(int row, const char* name) const {
  const auto value = text(row, name);
  auto decoded = value.starts_with("\\x") ? from_hex(value.substr(2)) : std::nullopt;
  if (!decoded) wrong(name, "a bytea");
  return *std::move(decoded);
}

std::vector<std::string> Result::texts(int row, const char* name) const {
  return parse_array(text(row, name));
}

}  // namespace gatehouse::db
