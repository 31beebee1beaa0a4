#include "json/parse.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>

#include "json/write.h"

using namespace gatehouse;  // NOLINT

namespace {

std::string refusal(std::string_view text) {
  try {
    json::parse(text);
  } catch (const json::ParseError& error) {
    return error.code();
  }
  return "accepted";
}

std::string nested(int depth) {
  const auto count = static_cast<std::size_t>(depth);
  return std::string(count, '[') + std::string(count, ']');
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_kind_of_value_is_read) {
  const json::Value value = json::parse(
      R"( {"a":[1,-2.50,1E3],"b":{"c":"x\u00e9\ud83d\ude00"},"d":true,"e":null,"":false} )");
  BOOST_TEST(value.is(json::Kind::object));
  BOOST_TEST(value.members().size() == 5U);
  BOOST_TEST(value.find("a")->items()[1].as_string() == "-2.50");
  BOOST_TEST(value.find("b")->find("c")->as_string() == "x\xc3\xa9\xf0\x9f\x98\x80");
  BOOST_TEST(value.find("d")->as_boolean());
  BOOST_TEST(value.find("e")->is(json::Kind::null));
  BOOST_TEST(value.find("")->is(json::Kind::boolean));
  BOOST_TEST(value.find("f") == nullptr);
  BOOST_TEST(value.find("d")->find("x") == nullptr);
}

BOOST_AUTO_TEST_CASE(scalars_stand_alone) {
  BOOST_TEST(json::parse("\"x\"").as_string() == "x");
  BOOST_TEST(json::parse(" 12 ").as_integer().value() == 12);
  BOOST_TEST(json::parse("null").is(json::Kind::null));
  BOOST_TEST(json::parse("{}").members().empty());
  BOOST_TEST(json::parse("[]").items().empty());
}

BOOST_AUTO_TEST_CASE(empty_and_broken_texts_are_malformed) {
  for (const std::string_view text :
       {"",           " ",         "{",        "}",       "[1,]",
        "{\"a\":1,}", "{\"a\"}",   "{a:1}",    "{'a':1}", "nul",
        "True",       "+1",        ".5",       "1.",      "1e",
        "-",          "NaN",       "Infinity", "\"a",     "\"\\x\"",
        "\"\\u12\"",  "\"a\nb\"",  "[1 2]",    "// c\n1", "\xef\xbb\xbf{}",
        "{\"a\":1]",  "[\"a\":1]", "{1:2}",    ",",       ":"}) {
    BOOST_TEST(refusal(text) == "json_malformed", text);
  }
  BOOST_TEST(refusal({}) == "json_malformed");
}

BOOST_AUTO_TEST_CASE(duplicate_member_is_refused) {
  BOOST_TEST(refusal(R"({"a":1,"a":1})") == "json_duplicate_member");
  BOOST_TEST(refusal(R"([{"x":{"b":1,"\u0062":2}}])") == "json_duplicate_member");
  BOOST_TEST(refusal(R"({"a":{"a":1}})") == "accepted");
}

BOOST_AUTO_TEST_CASE(duplicate_member_of_a_long_object_is_refused) {
  std::string text = "{";
  for (int i = 0; i < 20000; ++i) text += '"' + std::to_string(i) + "\":0,";
  BOOST_TEST(refusal(text + "\"x\":1}") == "accepted");
  BOOST_TEST(refusal(text + "\"777\":1}") == "json_duplicate_member");
}

BOOST_AUTO_TEST_CASE(nesting_is_capped) {
  BOOST_TEST(refusal(nested(json::max_depth)) == "accepted");
  BOOST_TEST(refusal(nested(json::max_depth + 1)) == "json_too_deep");
}

BOOST_AUTO_TEST_CASE(two_million_brackets_do_not_overflow_the_stack) {
  BOOST_TEST(refusal(std::string(2'000'000, '[')) == "json_too_deep");
  std::string objects;
  for (int i = 0; i < 400'000; ++i) objects += "{\"a\":";
  BOOST_TEST(refusal(objects) == "json_too_deep");
}

BOOST_AUTO_TEST_CASE(number_bombs_are_refused) {
  BOOST_TEST(refusal("0." + std::string(20, '0') + "1e-2147483639") == "json_number_out_of_range");
  for (const std::string_view text : {"1e400", "-1e309", "1e-400", "1e999999999999999999999",
                                      "0e401", "0E-99999999999", "1e+2147483648"}) {
    BOOST_TEST(refusal(text) == "json_number_out_of_range", text);
  }
  BOOST_TEST(refusal(std::string(65, '1')) == "json_number_out_of_range");
  BOOST_TEST(refusal("[" + std::string(1'000'000, '9') + "]") == "json_number_out_of_range");
}

BOOST_AUTO_TEST_CASE(numbers_in_range_keep_their_spelling) {
  for (const std::string_view text : {"0", "-0", "0.0", "1e+2", "1E-2", "1.7976931348623157e308",
                                      "5e-324", "123456789012345678901234567890.10"}) {
    BOOST_TEST(json::parse(text).as_string() == text);
  }
  BOOST_TEST(json::parse(std::string(64, '1')).as_string() == std::string(64, '1'));
}

BOOST_AUTO_TEST_CASE(integers_are_exact_or_none) {
  BOOST_TEST(json::parse("9223372036854775807").as_integer().value() == 9223372036854775807);
  BOOST_TEST(json::parse("-9223372036854775808").as_integer().value() == INT64_MIN);
  for (const std::string_view text :
       {"9223372036854775808", "1.0", "1e3", "\"1\"", "true", "null"}) {
    BOOST_TEST(!json::parse(text).as_integer(), text);
  }
}

BOOST_AUTO_TEST_CASE(trailing_bytes_are_refused) {
  for (const std::string_view text :
       {"{} {}", "{}x", "1 2", "[],", "01", "null null", "\"a\"\"b\""}) {
    BOOST_TEST(refusal(text) == "json_trailing_bytes", text);
  }
  BOOST_TEST(refusal(std::string_view("{\"a\":1}\0junk", 12)) == "json_trailing_bytes");
  BOOST_TEST(refusal(std::string_view("{\"a\":1}\0", 8)) == "json_trailing_bytes");
}

BOOST_AUTO_TEST_CASE(nul_characters_are_refused) {
  BOOST_TEST(refusal(R"("a\u0000b")") == "json_nul_character");
  BOOST_TEST(refusal(R"({"a\u0000":1})") == "json_nul_character");
  BOOST_TEST(refusal(std::string_view("\"a\0b\"", 5)) == "json_malformed");
  BOOST_TEST(refusal(std::string_view("\0", 1)) == "json_malformed");
}

BOOST_AUTO_TEST_CASE(strings_that_are_no_utf8_are_refused) {
  for (const std::string_view text :
       {"\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xe2\x82\"", "{\"\xfe\":1}",
        R"("\ud800")", R"("\ud800x")", R"("\udc00")", R"({"\udfff":1})", R"("\ud800\u0041")"}) {
    BOOST_TEST(refusal(text) == "json_invalid_utf8", text);
  }
}

BOOST_AUTO_TEST_CASE(refusals_quote_nothing_of_the_text) {
  for (const std::string_view text :
       {"hunter2", "{\"hunter2\":1,\"hunter2\":2}", "\"hunter2\\u0000\""}) {
    try {
      json::parse(text);
      BOOST_ERROR("accepted");
    } catch (const json::ParseError& error) {
      BOOST_TEST(std::string(error.what()).find("hunter2") == std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(view_is_not_read_beyond_its_end) {
  const std::string text = "[1,2]3";
  BOOST_TEST(json::parse(std::string_view(text).substr(0, 5)).items().size() == 2U);
  BOOST_TEST(refusal(std::string_view(text).substr(0, 4)) == "json_malformed");
  const std::string number = "123";
  BOOST_TEST(json::parse(std::string_view(number).substr(0, 2)).as_integer().value() == 12);
}
