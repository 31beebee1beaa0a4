#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "json/value.h"

namespace gatehouse::json {

/// Nesting that a document may have (RFC 8259 §9 lets a parser set it).
inline constexpr int max_depth = 32;

/// Why a text is not acceptable JSON; `what()` is one line for people that quotes nothing of the
/// text.
class ParseError : public std::runtime_error {
 public:
  ParseError(std::string code, const std::string& what)
      : runtime_error(what), code_(std::move(code)) {}
  /// json_malformed, json_too_deep, json_duplicate_member, json_invalid_utf8, json_nul_character,
  /// json_number_out_of_range, json_trailing_bytes
  const std::string& code() const { return code_; }

 private:
  std::string code_;
};

/// Parses exactly one RFC 8259 text, stricter than the RFC: UTF-8 only, no duplicate members, no
/// U+0000 in strings (PostgreSQL cannot store it), numbers of at most 64 characters that neither
/// overflow nor vanish as doubles, with exponents within 400 (jsonb writes every digit out),
/// nothing behind the value but white space. Throws ParseError. Uses no recursion.
Value parse(std::string_view text);

}  // namespace gatehouse::json
