#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "json/value.h"

namespace gatehouse::json {

/// Writes JSON into a string, front to back, without white space. Nesting is the caller's to
/// balance.
class Writer {
 public:
  Writer() { out_.reserve(512); }

  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);
  Writer& string(std::string_view text);
  Writer& integer(std::int64_t value);
  Writer& decimal(double value);  ///< shortest spelling that reads back the same
  Writer& boolean(bool value);
  Writer& null();
  Writer& raw(std::string_view json);  ///< already JSON: a jsonb column, say
  Writer& value(const Value& value);

  /// A member in one call.
  Writer& member(std::string_view name, std::string_view text) { return key(name).string(text); }
  Writer& member(std::string_view name, const char* text) { return key(name).string(text); }
  Writer& member(std::string_view name, bool flag) { return key(name).boolean(flag); }
  Writer& member(std::string_view name, std::int64_t number) { return key(name).integer(number); }
  Writer& member(std::string_view name, int number) { return key(name).integer(number); }

  /// A member that is an array of texts.
  template <typename Texts>
  Writer& array(std::string_view name, const Texts& texts) {
    key(name).begin_array();
    for (const std::string_view text : texts) string(text);
    return end_array();
  }

  const std::string& text() const { return out_; }
  std::string take() { return std::move(out_); }

 private:
  void separate();
  std::string out_;
  bool needs_comma_ = false;
};

/// `text` with the escapes of RFC 8259 §7 and the quotes round it, appended to `out`.
void append_quoted(std::string& out, std::string_view text);

std::string to_text(const Value& value);

}  // namespace gatehouse::json
