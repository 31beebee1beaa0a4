#include "json/value.h"

#include <charconv>

#include "core/secret.h"

namespace gatehouse::json {

Value::~Value() {
  wipe(text_);
}

Value Value::boolean(bool value) {
  Value result;
  result.kind_ = Kind::boolean;
  result.flag_ = value;
  return result;
}

Value Value::number(std::string spelling) {
  Value result;
  result.kind_ = Kind::number;
  result.text_ = std::move(spelling);
  return result;
}

Value Value::string(std::string text) {
  Value result;
  result.kind_ = Kind::string;
  result.text_ = std::move(text);
  return result;
}

Value Value::array(std::vector<Value> items) {
  Value result;
  result.kind_ = Kind::array;
  result.items_ = std::move(items);
  return result;
}

Value Value::object(std::vector<Member> members) {
  Value result;
  result.kind_ = Kind::object;
  result.members_ = std::move(members);
  return result;
}

std::optional<std::int64_t> Value::as_integer() const {
  if (kind_ != Kind::number) return std::nullopt;
  std::int64_t integer = 0;
  const char* const end = text_.data() + text_.size();
  const auto [rest, error] = std::from_chars(text_.data(), end, integer);
  if (error != std::errc() || rest != end) return std::nullopt;
  return integer;
}

const Value* Value::find(std::string_view name) const {
  for (const Member& member : members_) {
    if (member.first == name) return &member.second;
  }
  return nullptr;
}

std::string Value::text(std::string_view name) const {
  const Value* member = find(name);
  return member != nullptr && member->is(Kind::string) ? member->text_ : std::string();
}

}  // namespace gatehouse::json
