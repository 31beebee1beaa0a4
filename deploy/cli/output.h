#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/write.h"

namespace gatehouse::cli {

/// What a command says on standard output: lines for people, or with --json one JSON value.
class Output {
 public:
  using Fields = std::vector<std::pair<std::string_view, std::string>>;

  bool json = false;

  /// One thing: `name: value` lines, or an object of strings. Empty values are left out / null.
  void object(const Fields& fields) const;
  /// A table, or {"<name>": [{...}, ...]}. All rows have the same names.
  void list(std::string_view name, const std::vector<Fields>& rows) const;
  /// For people only.
  void line(std::string_view text) const;
  /// Something that went wrong, on standard error.
  void failure(std::string_view what, std::string_view next_step) const;

 private:
  static void write(json::Writer& writer, const Fields& fields);
};

}  // namespace gatehouse::cli
