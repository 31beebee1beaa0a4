#include "auth/basic.h"

#include <boost/test/unit_test.hpp>

#include "core/encoding.h"

using namespace gatehouse;  // NOLINT

namespace {

std::string header(std::string_view pair) {
  return "Basic " + to_base64(as_bytes(pair));
}

}  // namespace

BOOST_AUTO_TEST_CASE(basic_credentials_are_read) {
  const auto credentials = auth::parse_basic("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  BOOST_REQUIRE(credentials);
  BOOST_TEST(credentials->id == "Aladdin");
  BOOST_TEST(credentials->secret.reveal() == "open sesame");
}

BOOST_AUTO_TEST_CASE(basic_scheme_has_any_case_and_any_number_of_spaces) {
  for (const std::string_view scheme : {"basic ", "BASIC ", "bAsIc   "}) {
    BOOST_TEST(auth::parse_basic(std::string(scheme) + "YTpi").value().id == "a", scheme);
  }
}

BOOST_AUTO_TEST_CASE(both_halves_of_basic_are_form_decoded) {
  const auto credentials = auth::parse_basic(header("a%3Ab+c:p%25q%3a+%C3%A9"));
  BOOST_REQUIRE(credentials);
  BOOST_TEST(credentials->id == "a:b c");
  BOOST_TEST(credentials->secret.reveal() == "p%q: \xc3\xa9");
}

BOOST_AUTO_TEST_CASE(secret_may_hold_colons_and_may_be_empty) {
  BOOST_TEST(auth::parse_basic(header("a:b:c")).value().secret.reveal() == "b:c");
  BOOST_TEST(auth::parse_basic(header("a:")).value().secret.empty());
}

BOOST_AUTO_TEST_CASE(malformed_basic_is_refused) {
  for (const std::string_view value :
       {"", "Basic", "Basic ", "Basic    ", "Bearer YTpi", "Basi YTpi", "Basicc YTpi",
        " Basic YTpi", "BasicYTpi", "Basic\tYTpi", "Basic YTpi ", "Basic YTpi,YTpi", "Basic YTo",
        "Basic YTo==", "Basic YTp=", "Basic YTp-", "Basic a:b"}) {
    BOOST_TEST(!auth::parse_basic(value), value);
  }
}

BOOST_AUTO_TEST_CASE(basic_pair_that_is_no_pair_is_refused) {
  for (const std::string_view pair :
       {"", "ab", ":b", ":", "%3a", "a%:b", "a:%4", "a:%zz", "a%00:b", "a:%00", "a:%ff", "\xff:b",
        "a:b\n", "a%0a:b", "a:%7f", "a\x01:b"}) {
    BOOST_TEST(!auth::parse_basic(header(pair)), pair);
  }
}
