#include "json/write.h"

#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "core/encoding.h"

namespace gatehouse::json {

void Writer::separate() {
  if (needs_comma_) out_ += ',';
  needs_comma_ = true;
}

Writer& Writer::begin_object() {
  separate();
  out_ += '{';
  needs_comma_ = false;
  return *this;
}

Writer& Writer::end_object() {
  out_ += '}';
  needs_comma_ = true;
  return *this;
}

Writer& Writer::begin_array() {
  separate();
  out_ += '[';
  needs_comma_ = false;
  return *this;
}

Writer& Writer::end_array() {
  out_ += ']';
  needs_comma_ = true;
  return *this;
}

Writer& Writer::key(std::string_view name) {
  separate();
  append_quoted(out_, name);
  out_ += ':';
  needs_comma_ = false;
  return *this;
}

Writer& Writer::string(std::string_view text) {
  separate();
  append_quoted(out_, text);
  return *this;
}

Writer& Writer::integer(std::int64_t value) {
  separate();
  std::array<char, 24> digits{};
  out_.append(digits.data(), std::to_chars(digits.begin(), digits.end(), value).ptr);
  return *this;
}

Writer& Writer::decimal(double value) {
  if (!std::isfinite(value)) throw std::domain_error("JSON has no number that is not finite");
  separate();
  std::array<char, 40> digits{};
  out_.append(digits.data(), std::to_chars(digits.begin(), digits.end(), value).ptr);
  return *this;
}

Writer& Writer::boolean(bool value) {
  separate();
  out_ += value ? "true" : "false";
  return *this;
}

Writer& Writer::null() {
  separate();
  out_ += "null";
  return *this;
}

Writer& Writer::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

Writer& Writer::value(const Value& value) {
  switch (value.kind()) {
    case Kind::null:
      return null();
    case Kind::boolean:
      return boolean(value.as_boolean());
    case Kind::number:
      return raw(value.as_string());
    case Kind::string:
      return string(value.as_string());
    case Kind::array:
      begin_array();
      for (const Value& item : value.items()) this->value(item);
      return end_array();
    case Kind::object:
      begin_object();
      for (const auto& [name, member] : value.members()) key(name).value(member);
      return end_object();
  }
  return *this;
}

void append_quoted(std::string& out, std::string_view text) {
  append_json_string(out, text);
}

std::string to_text(const Value& value) {
  Writer writer;
  writer.value(value);
  return writer.take();
}

}  // namespace gatehouse::json
