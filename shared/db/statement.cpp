#include "db/statement.h"

#include <stdexcept>

#include "db/connection.h"

namespace gatehouse::db {
namespace {

void append_digits(std::string& out, unsigned value, int width) {
  char digits[8];
  for (int i = width - 1; i >= 0; --i, value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  out.append(digits, static_cast<std::size_t>(width));
}

}  // namespace

// Every journal row has one or two of these: std::format and printf cost as much as an HMAC.
std::string timestamp_text(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string out;
  out.reserve(32);
  append_digits(out, static_cast<unsigned>(int(date.year())), 4);
  append_digits(out += '-', unsigned(date.month()), 2);
  append_digits(out += '-', unsigned(date.day()), 2);
  append_digits(out += ' ', static_cast<unsigned>(clock.hours().count()), 2);
  append_digits(out += ':', static_cast<unsigned>(clock.minutes().count()), 2);
  append_digits(out += ':', static_cast<unsigned>(clock.seconds().count()), 2);
  append_digits(out += '.', static_cast<unsigned>(clock.subseconds().count()), 6);
  return out += "+00";
}

Param::Param(const std::optional<std::string>& text) : null_(!text) {
  if (text) text_ = *text;
}
Param::Param(std::int64_t number) : owned_(std::to_string(number)) {}
Param::Param(Time time) : owned_(timestamp_text(time)) {}
Param::Param(std::optional<Time> time) : null_(!time) {
  if (time) owned_ = timestamp_text(*time);
}

std::string array_literal(const std::vector<std::string>& items) {
  std::string out = "{";
  for (const auto& item : items) {
    out += out.size() > 1 ? ",\"" : "\"";
    for (char c : item) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out += '}';
}

std::vector<std::string> parse_array(std::string_view literal) {
  const auto malformed = [] { return std::logic_error("not a one-dimensional text[]"); };
  std::vector<std::string> items;
  if (literal.empty()) return items;
  if (literal.size() < 2 || literal.front() != '{' || literal.back() != '}') throw malformed();
  std::string_view rest = literal.substr(1, literal.size() - 2);
  while (!rest.empty()) {
    std::string& item = items.emplace_back();
    if (rest.front() == '"') {
      for (rest.remove_prefix(1);; rest.remove_prefix(1)) {
        if (!rest.empty() && rest.front() == '\\')
          rest.remove_prefix(1);
        else if (!rest.empty() && rest.front() == '"')
          break;
        if (rest.empty()) throw malformed();
        item += rest.front();
      }
      rest.remove_prefix(1);
    } else {
      const auto end = std::min(rest.find(','), rest.size());
      item = rest.substr(0, end);
      if (item.empty() || item == "NULL" || item.find('{') != item.npos) throw malformed();
      rest.remove_prefix(end);
    }
    if (rest.empty()) break;
    if (rest.front() != ',' || rest.size() == 1) throw malformed();
    rest.remove_prefix(1);
  }
  return items;
}

void copy_field(std::string& line, std::string_view text) {
  for (char c : text) {
    switch (c) {
      case '\\':
        line += "\\\\";
        break;
      case '\t':
        line += "\\t";
        break;
      case '\n':
        line += "\\n";
        break;
      case '\r':
        line += "\\r";
        break;
      case '\0':
        line += "\xEF\xBF\xBD";
        break;  // PostgreSQL's text cannot hold it; one would lose the batch
      default:
        line += c;
    }
  }
}

}  // namespace gatehouse::db
