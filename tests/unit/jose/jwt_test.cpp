#include "jose/jwt.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "json/parse.h"

using namespace gatehouse;
using namespace gatehouse::jose;

namespace {

constexpr std::int64_t now = 1'700'000'000;

std::string answer(const std::string& claims, std::string_view audience = "gatehouse",
                   std::string_view typ = "at+jwt") {
  const Verified token{"kid", "at+jwt", json::parse(claims)};
  const auto rejection = check_claims(token, {.typ = typ,
                                              .issuer = "https://id.example",
                                              .audience = audience,
                                              .now = from_unix_seconds(now)});
  return rejection ? std::string(to_string(*rejection)) : "accepted";
}

/// Claims with these members behind a good `iss`.
std::string with(const std::string& members) {
  return R"({"iss":"https://id.example",)" + members + "}";
}

std::string at(const std::string& claim, std::int64_t offset) {
  return "\"" + claim + "\":" + std::to_string(now + offset);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(jwt)

BOOST_AUTO_TEST_CASE(good_claims_are_accepted) {
  BOOST_TEST(answer(with(at("exp", 300) + "," + at("nbf", 0) + "," + at("iat", 0) +
                         R"(,"aud":"gatehouse")")) == "accepted");
}

BOOST_AUTO_TEST_CASE(type_is_compared_exactly) {
  const auto claims = with(at("exp", 300) + R"(,"aud":"gatehouse")");
  for (const char* typ : {"JWT", "", "AT+JWT", "application/at+jwt", "at+jw"})
    BOOST_TEST(answer(claims, "gatehouse", typ) == "wrong_type", typ);
}

BOOST_AUTO_TEST_CASE(issuer_is_required_and_compared_exactly) {
  const auto rest = "," + at("exp", 300) + R"(,"aud":"gatehouse"})";
  for (const char* iss : {"https://id.example/", "http://id.example", "https://ID.example", ""})
    BOOST_TEST(answer("{\"iss\":\"" + std::string(iss) + "\"" + rest) == "wrong_issuer", iss);
  for (const char* iss : {"null", "1", "[\"https://id.example\"]"})
    BOOST_TEST(answer("{\"iss\":" + std::string(iss) + rest) == "malformed", iss);
  BOOST_TEST(answer("{\"sub\":\"a\"" + rest) == "malformed");
}

BOOST_AUTO_TEST_CASE(audience_is_a_string_or_one_of_an_array) {
  const auto aud = [](const std::string& value) {
    return with(at("exp", 300) + ",\"aud\":" + value);
  };
  BOOST_TEST(answer(aud(R"(["other","gatehouse"])")) == "accepted");
  for (const char* other : {R"("other")", R"("gatehouse ")", R"("")", "[]", R"(["other"])"})
    BOOST_TEST(answer(aud(other)) == "wrong_audience", other);
  BOOST_TEST(answer(with(at("exp", 300))) == "wrong_audience");
  for (const char* bad : {"null", "1", "{}", R"(["gatehouse",1])", R"([["gatehouse"]])"})
    BOOST_TEST(answer(aud(bad)) == "malformed", bad);
}

BOOST_AUTO_TEST_CASE(audience_is_not_checked_where_none_is_expected) {
  BOOST_TEST(answer(with(at("exp", 300)), "") == "accepted");
  BOOST_TEST(answer(with(at("exp", 300) + R"(,"aud":"anything")"), "") == "accepted");
  BOOST_TEST(answer(with(at("exp", 300) + R"(,"aud":1)"), "") == "malformed");
}

BOOST_AUTO_TEST_CASE(expiry_is_required_and_has_five_seconds_of_grace) {
  BOOST_TEST(answer(with(at("exp", 1)), "") == "accepted");
  BOOST_TEST(answer(with(at("exp", -4)), "") == "accepted");
  BOOST_TEST(answer(with(at("exp", -5)), "") == "expired");
  BOOST_TEST(answer(with("\"exp\":0"), "") == "expired");
  BOOST_TEST(answer(with("\"sub\":\"a\""), "") == "malformed");
}

BOOST_AUTO_TEST_CASE(tokens_from_the_future_are_refused) {
  for (const char* claim : {"nbf", "iat"}) {
    BOOST_TEST(answer(with(at("exp", 300) + "," + at(claim, 5)), "") == "accepted", claim);
    BOOST_TEST(answer(with(at("exp", 300) + "," + at(claim, 6)), "") == "not_yet_valid", claim);
  }
}

BOOST_AUTO_TEST_CASE(dates_that_are_no_whole_seconds_of_this_age_are_malformed) {
  for (const char* date :
       {"\"1700000300\"", "null", "true", "[]", "1700000300.5", "-1", "9223372036854775807",
        "-9223372036854775808", "9007199254740993", "99999999999999999999"}) {
    BOOST_TEST(answer(with("\"exp\":" + std::string(date)), "") == "malformed", date);
    for (const char* claim : {"nbf", "iat"})
      BOOST_TEST(answer(with(at("exp", 300) + ",\"" + claim + "\":" + date), "") == "malformed",
                 date);
  }
}

BOOST_AUTO_TEST_SUITE_END()
