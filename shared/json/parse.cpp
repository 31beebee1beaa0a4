#include "json/parse.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "core/encoding.h"
#include "json/rapidjson.h"

namespace gatehouse::json {
namespace {

constexpr std::size_t longest_number = 64;
// Doubles end near 1e308. A zero may carry any exponent and is still 0, but PostgreSQL's jsonb,
// which keeps every digit, refuses 0e-16384.
constexpr int largest_exponent = 400;

bool acceptable_number(std::string_view text) {
  if (text.size() > longest_number) return false;
  double number = 0;
  const char* const end = text.data() + text.size();
  if (std::from_chars(text.data(), end, number).ec != std::errc()) return false;
  std::size_t exponent = text.find_first_of("eE");
  if (exponent == std::string_view::npos) return true;
  exponent += text[exponent + 1] == '+' ? 2 : 1;
  int power = 0;
  const auto result = std::from_chars(text.data() + exponent, end, power);
  return result.ec == std::errc() && std::abs(power) <= largest_exponent;
}

bool has_duplicates(const std::vector<Value::Member>& members) {
  // Few members are compared in pairs, without memory; many are sorted, so that a long object costs
  // its sender's time and not ours.
  if (members.size() <= 16) {
    for (auto a = members.begin(); a != members.end(); ++a) {
      for (auto b = members.begin(); b != a; ++b) {
        if (a->first == b->first) return true;
      }
    }
    return false;
  }
  std::vector<std::string_view> names;
  names.reserve(members.size());
  for (const auto& member : members) names.push_back(member.first);
  std::ranges::sort(names);
  return std::ranges::adjacent_find(names) != names.end();
}

/// Builds the Value from the reader's events. An event that returns false ends the parse; `failure`
/// then says why.
class Builder {
 public:
  bool Null() { return add(Value()); }
  bool Bool(bool value) { return add(Value::boolean(value)); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    if (!acceptable_number({text, length})) return refuse("json_number_out_of_range");
    return add(Value::number(std::string(text, length)));
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    return acceptable_text({text, length}) && add(Value::string(std::string(text, length)));
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    if (!acceptable_text({text, length})) return false;
    open_.back().members.emplace_back(std::string(text, length), Value());
    return true;
  }
  bool StartObject() { return open(Kind::object); }
  bool StartArray() { return open(Kind::array); }
  bool EndObject(rapidjson::SizeType) {
    std::vector<Value::Member> members = std::move(open_.back().members);
    if (has_duplicates(members)) return refuse("json_duplicate_member");
    open_.pop_back();
    return add(Value::object(std::move(members)));
  }
  bool EndArray(rapidjson::SizeType) {
    std::vector<Value> items = std::move(open_.back().items);
    open_.pop_back();
    return add(Value::array(std::move(items)));
  }

  // Numbers come as text: the reader calls these never, but wants them to be there.
  bool Int(int) { return refuse("json_malformed"); }
  bool Uint(unsigned) { return refuse("json_malformed"); }
  bool Int64(std::int64_t) { return refuse("json_malformed"); }
  bool Uint64(std::uint64_t) { return refuse("json_malformed"); }
  bool Double(double) { return refuse("json_malformed"); }

  const std::string& failure() const { return failure_; }
  Value take() { return std::move(root_); }

 private:
  struct Open {
    Kind kind;
    std::vector<Value> items;
    std::vector<Value::Member> members;
  };

  bool refuse(const char* code) {
    failure_ = code;
    return false;
  }

  bool open(Kind kind) {
    if (open_.size() == static_cast<std::size_t>(max_depth)) return refuse("json_too_deep");
    open_.push_back({kind, {}, {}});
    return true;
  }

  bool add(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().kind == Kind::array) {
      open_.back().items.push_back(std::move(value));
    } else {
      open_.back().members.back().second = std::move(value);
    }
    return true;
  }

  // The reader checks bytes, but lets a lone low surrogate pass that is written as an escape.
  bool acceptable_text(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) return refuse("json_nul_character");
    return valid_utf8(text) || refuse("json_invalid_utf8");
  }

  std::vector<Open> open_;
  Value root_;
  std::string failure_;
};

const char* code_of(rapidjson::ParseErrorCode error) {
  switch (error) {
    case rapidjson::kParseErrorDocumentRootNotSingular:
      return "json_trailing_bytes";
    case rapidjson::kParseErrorStringInvalidEncoding:
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid:
      return "json_invalid_utf8";
    case rapidjson::kParseErrorNumberTooBig:
      return "json_number_out_of_range";
    default:
      return "json_malformed";
  }
}

std::string describe(std::string_view code) {
  if (code == "json_too_deep") {
    return "the JSON text is nested deeper than " + std::to_string(max_depth) + " levels";
  }
  if (code == "json_duplicate_member") return "the JSON text has an object with a member twice";
  if (code == "json_invalid_utf8") return "the JSON text holds a string that is not valid UTF-8";
  if (code == "json_nul_character") return "the JSON text holds the character U+0000";
  if (code == "json_number_out_of_range")
    return "the JSON text holds a number that is out of range";
  if (code == "json_trailing_bytes") return "the JSON text is followed by something else";
  return "the text is not valid JSON";
}

}  // namespace

Value parse(std::string_view text) {
  constexpr unsigned flags = rapidjson::kParseIterativeFlag |
                             rapidjson::kParseValidateEncodingFlag |
                             rapidjson::kParseNumbersAsStringsFlag;
  // An empty view may have no address at all, on which the stream would do arithmetic.
  rapidjson::MemoryStream stream(text.empty() ? "" : text.data(), text.size());
  rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>, SafeStack> reader;
  Builder builder;
  const rapidjson::ParseResult result = reader.Parse<flags>(stream, builder);
  if (!result) {
    std::string code = builder.failure().empty() ? code_of(result.Code()) : builder.failure();
    throw ParseError(code, describe(code));
  }
  // The reader takes a NUL byte for the end of the text.
  if (stream.Tell() != text.size()) {
    throw ParseError("json_trailing_bytes", describe("json_trailing_bytes"));
  }
  return builder.take();
}

}  // namespace gatehouse::json
