#include <boost/test/unit_test.hpp>

#include "core/error.h"
#include "http/input.h"

using namespace gatehouse;  // NOLINT

namespace {

template <typename Work>
std::string refusal(const Work& work) {
  try {
    work();
  } catch (const Failure& failure) {
    BOOST_TEST(failure.status() == 400);
    BOOST_TEST(!failure.next_step().empty());
    return failure.code();
  }
  return "accepted";
}

std::string form_refusal(std::string_view text) {
  return refusal([&] { http::parse_form(text); });
}

http::Query list_query(std::string_view raw) {
  return {raw, {"limit", "cursor"}};
}

std::string page_refusal(std::string_view raw) {
  return refusal([&] { http::read_page(list_query(raw), "usr_"); });
}

constexpr std::string_view cursor = "usr_01hk153x000000000000000000";

}  // namespace

BOOST_AUTO_TEST_CASE(form_pairs_are_decoded_in_order) {
  const http::FormPairs expected = {{"b", "x y"}, {"a", ""}, {"c d", "1=2"},
                                    {"e", ""},    {"", "z"}, {"b", "&"}};
  BOOST_TEST((http::parse_form("b=x+y&a=&&c%20d=1=2&e&=z&b=%26&") == expected));
  BOOST_TEST(http::parse_form("").empty());
  BOOST_TEST(http::parse_form("&&&").empty());
}

BOOST_AUTO_TEST_CASE(malformed_forms_are_refused) {
  for (const std::string_view text :
       {"a=%", "a=%4", "a=%zz", "%=1", "a=%00", "a%00=1", "a=%ff", "a=\xff", "a=1&b=%c3"}) {
    BOOST_TEST(form_refusal(text) == "form_malformed", text);
  }
  BOOST_TEST(form_refusal(std::string_view("a=\0", 3)) == "form_malformed");
}

BOOST_AUTO_TEST_CASE(forms_of_more_than_32_pairs_are_refused) {
  std::string text;
  for (int i = 0; i < 32; ++i) text += "a=1&";
  BOOST_TEST(http::parse_form(text).size() == 32U);
  BOOST_TEST(form_refusal(text + "a=1") == "form_too_many_pairs");
}

BOOST_AUTO_TEST_CASE(query_parameters_are_read) {
  const http::Query query("since=24h&offset=-5&empty=", {"since", "offset", "empty", "absent"});
  BOOST_TEST(query.text("since").value() == "24h");
  BOOST_TEST(query.integer("offset", 0, -10, 10) == -5);
  BOOST_TEST(!query.text("empty"));
  BOOST_TEST(!query.text("absent"));
  BOOST_TEST(query.integer("empty", 7, 0, 10) == 7);
  BOOST_TEST(query.integer("absent", 8, 0, 10) == 8);
}

BOOST_AUTO_TEST_CASE(unknown_query_parameter_is_refused_and_the_allowed_ones_are_named) {
  try {
    list_query("limti=5");
    BOOST_ERROR("accepted");
  } catch (const Failure& failure) {
    BOOST_TEST(failure.code() == "unknown_parameter");
    BOOST_TEST(failure.error() == "\"limti\" is not a parameter of this request");
    BOOST_TEST(failure.next_step() ==
               "Correct its name or leave it out. Allowed parameters: limit, cursor.");
  }
}

BOOST_AUTO_TEST_CASE(repeated_query_parameter_is_refused) {
  BOOST_TEST(refusal([] { list_query("limit=5&limit=5"); }) == "repeated_parameter");
  BOOST_TEST(refusal([] { list_query("limit=5&l%69mit=6"); }) == "repeated_parameter");
}

BOOST_AUTO_TEST_CASE(page_has_its_defaults_and_reads_both_parameters) {
  BOOST_TEST(http::read_page(list_query(""), "usr_").limit == 100);
  BOOST_TEST(http::read_page(list_query(""), "usr_").after == "");
  BOOST_TEST(http::read_page(list_query("cursor=&limit="), "usr_").limit == 100);
  const http::Page page =
      http::read_page(list_query("limit=1000&cursor=" + std::string(cursor)), "usr_");
  BOOST_TEST(page.limit == 1000);
  BOOST_TEST(page.after == cursor);
}

BOOST_AUTO_TEST_CASE(page_out_of_bounds_is_refused) {
  for (const std::string_view limit :
       {"0", "1001", "-1", "ten", "1.0", "+5", "%2B5", "5x", "0x5", "99999999999999999999"}) {
    BOOST_TEST(page_refusal("limit=" + std::string(limit)) == "limit_invalid", limit);
  }
}

BOOST_AUTO_TEST_CASE(cursor_of_another_list_is_refused) {
  BOOST_TEST(page_refusal("cursor=tnt" + std::string(cursor.substr(3))) == "cursor_invalid");
  BOOST_TEST(page_refusal("cursor=1' OR '1'='1") == "cursor_invalid");
}
