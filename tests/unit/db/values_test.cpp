#include <boost/test/unit_test.hpp>

#include "database.h"

using namespace gatehouse;

namespace {

db::Connection& connection() {
  static db::Connection made(test::options("tokens"));
  return made;
}

constexpr db::Statement moment{"test_moment", "SELECT $1::timestamptz AS value"};
constexpr db::Statement blob{"test_blob", "SELECT $1::bytea AS value"};
constexpr db::Statement list{"test_list", "SELECT $1::text[] AS value"};
constexpr db::Statement mixed{
    "test_mixed",
    "SELECT $1::bigint AS number, $2::boolean AS flag, $3::text AS text, $4::float8 AS fraction"};

}  // namespace

BOOST_AUTO_TEST_SUITE(values)

BOOST_AUTO_TEST_CASE(times_keep_their_microseconds) {
  for (std::int64_t micros :
       {0L, 1L, 999999L, 1700000000123456L, 1700000000100000L, 253402300799999999L, -1L}) {
    const Time time{std::chrono::microseconds(micros)};
    BOOST_TEST((connection().read(db::Scope::none(), moment, {time}).time(0, "value") == time),
               micros);
  }
  BOOST_TEST(!connection()
                  .read(db::Scope::none(), moment, {std::optional<Time>()})
                  .optional_time(0, "value"));
  BOOST_CHECK_THROW(connection().read(db::Scope::none(), moment, {"infinity"}).time(0, "value"),
                    std::logic_error);
}

BOOST_AUTO_TEST_CASE(bytes_come_back_as_they_went) {
  Bytes all;
  for (int value = 0; value < 256; ++value) all.push_back(std::byte(value));
  BOOST_TEST((connection().read(db::Scope::none(), blob, {all}).bytes(0, "value") == all));
  BOOST_TEST(connection().read(db::Scope::none(), blob, {Bytes()}).bytes(0, "value").empty());
}

BOOST_AUTO_TEST_CASE(arrays_come_back_as_they_went) {
  const std::vector<std::string> cases[] = {{},
                                            {"a"},
                                            {"a", "b"},
                                            {"", "NULL", "null"},
                                            {"a,b", "{x}", "quo\"te", "back\\slash", " space "}};
  for (const auto& items : cases) {
    const auto back =
        connection().read(db::Scope::none(), list, {db::array_literal(items)}).texts(0, "value");
    BOOST_TEST(back == items, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(malformed_arrays_are_refused) {
  for (const char* text : {"{", "{a", "a}", "{a,}", "{,a}", "{\"a}", "{\"a\\\"}", "{a}{", "{{a}}",
                           "{NULL}", "{\"a\"b}"}) {
    BOOST_CHECK_THROW(db::parse_array(text), std::logic_error);
  }
}

BOOST_AUTO_TEST_CASE(values_of_each_type) {
  const auto row =
      connection().read(db::Scope::none(), mixed, {std::int64_t{-5}, true, std::nullopt, "0.25"});
  BOOST_TEST(row.integer(0, "number") == -5);
  BOOST_TEST(row.boolean(0, "flag"));
  BOOST_TEST(row.is_null(0, "text"));
  BOOST_TEST(row.text(0, "text") == "");
  BOOST_TEST(!row.optional_text(0, "text"));
  BOOST_TEST(row.decimal(0, "fraction") == 0.25);
}

BOOST_AUTO_TEST_CASE(wrong_names_rows_and_types_are_bugs) {
  const auto row = connection().read(db::Scope::none(), mixed, {1, false, "x", "1"});
  BOOST_CHECK_THROW(row.text(0, "nothing"), std::logic_error);
  BOOST_CHECK_THROW(row.text(1, "text"), std::logic_error);
  BOOST_CHECK_THROW(row.integer(0, "text"), std::logic_error);
  BOOST_CHECK_THROW(row.boolean(0, "number"), std::logic_error);
  BOOST_CHECK_THROW(row.bytes(0, "text"), std::logic_error);
  BOOST_CHECK_THROW(row.time(0, "text"), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()
