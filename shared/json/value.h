#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::json {

enum class Kind { null, boolean, number, string, array, object };

/// An immutable JSON value. Numbers keep the spelling they came with, so that nothing is rounded.
class Value {
 public:
  using Member = std::pair<std::string, Value>;

  Value() = default;
  Value(const Value&) = default;
  Value(Value&&) noexcept = default;
  Value& operator=(const Value&) = default;
  Value& operator=(Value&&) noexcept = default;
  /// Wipes its text: a body may hold a password.
  ~Value();
  static Value boolean(bool value);
  static Value number(std::string spelling);
  static Value string(std::string text);
  static Value array(std::vector<Value> items);
  static Value object(std::vector<Member> members);

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }

  bool as_boolean() const { return flag_; }               ///< of a boolean
  const std::string& as_string() const { return text_; }  ///< of a string; a number's spelling
  std::optional<std::int64_t> as_integer()
      const;  ///< of a number written as a whole int64: not 1.0, not 1e3
  const std::vector<Value>& items() const { return items_; }
  const std::vector<Member>& members() const { return members_; }  ///< in the order they came
  /// The member of that name, or nullptr; also nullptr where this is no object.
  const Value* find(std::string_view name) const;
  /// The text of the member of that name; empty where there is none or it is no string.
  std::string text(std::string_view name) const;

 private:
  Kind kind_ = Kind::null;
  bool flag_ = false;
  std::string text_;
  std::vector<Value> items_;
  std::vector<Member> members_;
};

}  // namespace gatehouse::json
