#include "webhooks/signature.h"

#include <boost/test/unit_test.hpp>
#include <map>

#include "core/encoding.h"
#include "crypto/hash.h"

using namespace gatehouse;
using namespace gatehouse::webhooks;

namespace {

// The example of Standard Webhooks' own libraries.
const std::string example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const std::string other = "whsec_" + std::string(48, 'A');
constexpr std::string_view example_id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::string_view example_body = R"({"test": 2432232314})";
constexpr std::string_view example_signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

std::map<std::string, std::string> signed_by(const std::string& secret,
                                             const std::string& previous = {}) {
  const Headers headers = sign(example_id, from_unix_seconds(1614265330), example_body,
                               Secret(std::string(secret)), Secret(std::string(previous)));
  return {headers.begin(), headers.end()};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(signature)

BOOST_AUTO_TEST_CASE(standard_headers_are_those_of_the_specification) {
  const auto headers = signed_by(example);
  BOOST_TEST(headers.at("webhook-id") == example_id);
  BOOST_TEST(headers.at("webhook-timestamp") == "1614265330");
  BOOST_TEST(headers.at("webhook-signature") == example_signature);
  BOOST_TEST(headers.at("Content-Type") == "application/json");
}

BOOST_AUTO_TEST_CASE(during_a_rotation_the_previous_secret_signs_too) {
  const std::string both = signed_by(other, example).at("webhook-signature");
  BOOST_TEST(both ==
             signed_by(other).at("webhook-signature") + " " + std::string(example_signature));
}

BOOST_AUTO_TEST_CASE(x_signature_is_the_hmac_of_the_body_under_the_current_secret_as_it_is_shown) {
  const auto expected = to_hex(crypto::HmacKey(as_bytes(example)).sign(example_body));
  BOOST_TEST(signed_by(example).at("X-Signature") == expected);
  BOOST_TEST(signed_by(example, other).at("X-Signature") == expected);
}

BOOST_AUTO_TEST_SUITE_END()
