#include "output.h"

#include <algorithm>
#include <iostream>

namespace gatehouse::cli {
namespace {

/// A tenant's name is its own choice; a terminal must not obey it.
std::string printable(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(
      out, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return out;
}

}  // namespace

void Output::write(json::Writer& writer, const Fields& fields) {
  writer.begin_object();
  for (const auto& [name, value] : fields) {
    writer.key(name);
    value.empty() ? writer.null() : writer.string(value);
  }
  writer.end_object();
}

void Output::object(const Fields& fields) const {
  if (json) {
    json::Writer writer;
    write(writer, fields);
    std::cout << writer.text() << '\n';
    return;
  }
  for (const auto& [name, value] : fields) {
    if (!value.empty()) std::cout << name << ": " << printable(value) << '\n';
  }
}

void Output::list(std::string_view name, const std::vector<Fields>& rows) const {
  if (json) {
    json::Writer writer;
    writer.begin_object().key(name).begin_array();
    for (const Fields& row : rows) write(writer, row);
    writer.end_array().end_object();
    std::cout << writer.text() << '\n';
    return;
  }
  if (rows.empty()) {
    std::cout << "no " << name << '\n';
    return;
  }
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < rows[0].size(); ++column) {
    std::size_t width = rows[0][column].first.size();
    for (const Fields& row : rows) width = std::max(width, row[column].second.size());
    widths.push_back(width);
  }
  const auto print = [&](const auto& cell) {
    std::string text;
    for (std::size_t column = 0; column < widths.size(); ++column) {
      std::string part(cell(column));
      part.resize(std::max(part.size(), widths[column]), ' ');
      text += part + "  ";
    }
    text.erase(text.find_last_not_of(' ') + 1);
    std::cout << text << '\n';
  };
  print([&](std::size_t column) { return std::string(rows[0][column].first); });
  for (const Fields& row : rows) {
    print([&](std::size_t column) { return printable(row[column].second); });
  }
}

void Output::line(std::string_view text) const {
  std::cout << printable(text) << '\n';
}

void Output::failure(std::string_view what, std::string_view next_step) const {
  if (json) {
    json::Writer writer;
    writer.begin_object().member("error", what).key("next_step");
    next_step.empty() ? writer.null() : writer.string(next_step);
    writer.end_object();
    std::cerr << writer.text() << '\n';
    return;
  }
  std::cerr << "gatehouse: " << what << '\n';
  if (!next_step.empty()) std::cerr << next_step << '\n';
}

}  // namespace gatehouse::cli
