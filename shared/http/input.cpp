#include "http/input.h"

#include <algorithm>

#include "core/error.h"
#include "http/errors.h"
#include "http/input_text.h"
#include "json/write.h"

namespace gatehouse::http {
namespace {

constexpr std::size_t longest_email = 254;  // RFC 5321 §4.5.3.1.3, less the angle brackets

std::string quoted(std::string_view name) {
  return '"' + std::string(name) + '"';
}

[[noreturn]] void refuse(std::string_view name, std::string_view code, const std::string& what,
                         std::string next_step) {
  throw Failure(400, std::string(name) + std::string(code), quoted(name) + what,
                std::move(next_step));
}

[[noreturn]] void missing(std::string_view name, std::string_view kind) {
  refuse(name, "_required", " is required",
         "Send " + std::string(kind) + " in the member " + quoted(name) + '.');
}

[[noreturn]] void invalid(std::string_view name, const std::string& must) {
  refuse(name, "_invalid", " must be " + must,
         "Send " + must + " in the member " + quoted(name) + '.');
}

[[noreturn]] void too_long(std::string_view name, std::size_t limit) {
  const std::string bytes = std::to_string(limit) + " bytes";
  refuse(name, "_too_long", " must be at most " + bytes,
         "Shorten " + quoted(name) + " to " + bytes + " of UTF-8.");
}

const std::string& checked_text(std::string_view name, const json::Value& value,
                                std::size_t limit) {
  if (!value.is(json::Kind::string)) invalid(name, "a string");
  if (value.as_string().size() > limit) too_long(name, limit);
  return value.as_string();
}

std::string checked_email(std::string_view name, const json::Value& value) {
  const std::string& address = checked_text(name, value, longest_email);
  if (!is_email(address)) {
    refuse(name, "_invalid", " is not a valid email",
           "Send an address like \"user@example.com\" in the member " + quoted(name) + '.');
  }
  return address;
}

bool is_blank(const json::Value& value) {
  return value.is(json::Kind::string) && value.as_string().empty();
}

}  // namespace

Input::Input(const json::Value& object, std::initializer_list<std::string_view> allowed)
    : object_(object) {
  if (!object.is(json::Kind::object)) throw Failure(errors::json_object_required);
  for (const auto& [name, value] : object.members()) {
    if (std::ranges::find(allowed, name) == allowed.end()) {
      throw Failure(400, "unknown_member",
                    quoted(displayed_name(name)) + " is not a member of this request",
                    allowed_names("members", allowed));
    }
  }
}

const json::Value* Input::find(std::string_view name) const {
  const json::Value* const value = object_.find(name);
  return value == nullptr || value->is(json::Kind::null) ? nullptr : value;
}

bool Input::has(std::string_view name) const {
  return object_.find(name) != nullptr;
}

std::string Input::text(std::string_view name, std::size_t limit) const {
  const json::Value* const value = find(name);
  if (value == nullptr || is_blank(*value)) missing(name, "a string");
  return checked_text(name, *value, limit);
}

std::optional<std::string> Input::optional_text(std::string_view name, std::size_t limit) const {
  const json::Value* const value = find(name);
  if (value == nullptr) return std::nullopt;
  return checked_text(name, *value, limit);
}

std::optional<std::int64_t> Input::optional_integer(std::string_view name, std::int64_t least,
                                                    std::int64_t most) const {
  const json::Value* const value = find(name);
  if (value == nullptr) return std::nullopt;
  const auto integer = value->as_integer();
  if (!integer || *integer < least || *integer > most) {
    invalid(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return integer;
}

std::optional<bool> Input::optional_boolean(std::string_view name) const {
  const json::Value* const value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is(json::Kind::boolean)) invalid(name, "true or false");
  return value->as_boolean();
}

std::optional<std::vector<std::string>> Input::optional_texts(std::string_view name,
                                                              std::size_t count,
                                                              std::size_t limit) const {
  const json::Value* const value = find(name);
  if (value == nullptr) return std::nullopt;
  const std::string form = "an array of at most " + std::to_string(count) + " non-empty strings";
  if (!value->is(json::Kind::array) || value->items().size() > count) invalid(name, form);
  std::vector<std::string> texts;
  texts.reserve(value->items().size());
  for (const json::Value& item : value->items()) {
    if (!item.is(json::Kind::string) || item.as_string().empty()) invalid(name, form);
    texts.push_back(checked_text(name, item, limit));
  }
  return texts;
}

std::optional<std::string> Input::optional_object(std::string_view name, std::size_t limit) const {
  const json::Value* const value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is(json::Kind::object)) invalid(name, "a JSON object");
  std::string text = json::to_text(*value);
  if (text.size() > limit) too_long(name, limit);
  return text;
}

std::string Input::email(std::string_view name) const {
  const json::Value* const value = find(name);
  if (value == nullptr || is_blank(*value)) missing(name, "an e-mail address");
  return checked_email(name, *value);
}

std::optional<std::string> Input::optional_email(std::string_view name) const {
  const json::Value* const value = find(name);
  if (value == nullptr) return std::nullopt;
  return checked_email(name, *value);
}

}  // namespace gatehouse::http
