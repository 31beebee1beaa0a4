#include "json/write.h"

#include <boost/test/unit_test.hpp>
#include <limits>

#include "json/parse.h"

using namespace gatehouse;  // NOLINT

BOOST_AUTO_TEST_CASE(writer_puts_commas_where_they_belong) {
  json::Writer writer;
  writer.begin_object().member("a", "x").member("b", true).member("c", 3);
  writer.key("d")
      .begin_array()
      .integer(1)
      .null()
      .begin_object()
      .end_object()
      .begin_array()
      .end_array();
  writer.end_array().member("e", std::int64_t{-9}).key("f").raw("{\"g\":1}").key("h").decimal(30.5);
  writer.end_object();
  BOOST_TEST(writer.text() ==
             R"({"a":"x","b":true,"c":3,"d":[1,null,{},[]],"e":-9,"f":{"g":1},"h":30.5})");
}

BOOST_AUTO_TEST_CASE(decimals_are_as_short_as_they_can_be) {
  json::Writer writer;
  writer.begin_array().decimal(98).decimal(0.1).decimal(1e300).end_array();
  BOOST_TEST(writer.take() == "[98,0.1,1e+300]");
}

BOOST_AUTO_TEST_CASE(number_that_is_not_finite_is_refused) {
  json::Writer writer;
  BOOST_CHECK_THROW(writer.decimal(std::numeric_limits<double>::infinity()), std::domain_error);
  BOOST_CHECK_THROW(writer.decimal(std::numeric_limits<double>::quiet_NaN()), std::domain_error);
}

BOOST_AUTO_TEST_CASE(written_value_reads_back_the_same) {
  const std::string text = R"({"a":[1,-2.50,1E3,{}],"b\n\"\\":"é😀","c":[[],null,true,false],"":0})";
  BOOST_TEST(json::to_text(json::parse(text)) == text);
}

BOOST_AUTO_TEST_CASE(quoted_text_is_always_valid_json) {
  std::string out;
  json::append_quoted(out, "\xff\"\n");
  BOOST_TEST(json::parse(out).as_string() == "\xef\xbf\xbd\"\n");
}

BOOST_AUTO_TEST_CASE(values_can_be_built) {
  const json::Value value =
      json::Value::object({{"n", json::Value::number("7")},
                           {"l", json::Value::array({json::Value::string("x"),
                                                     json::Value::boolean(true), json::Value()})}});
  BOOST_TEST(json::to_text(value) == R"({"n":7,"l":["x",true,null]})");
}
