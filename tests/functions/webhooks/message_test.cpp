#include "webhooks/message.h"

#include <boost/test/unit_test.hpp>

#include "webhooks/secret.h"

using namespace gatehouse;
using namespace gatehouse::webhooks;

namespace {

struct Fixture {
  crypto::Keyring keyring = crypto::Keyring::parse(crypto::Keyring::generate());
  Secret secret = make_signing_secret();
  Time now = from_unix_seconds(1'795'000'000);

  store::Message message() const {
    return {.delivery_id = "dlv_1",
            .endpoint_id = "whk_1",
            .event_id = "evt_1",
            .type = "order.shipped",
            .data = R"({"b": 1.0,  "a": "\u00e9"})",
            .url = "https://example.com/",
            .happened_at = now + std::chrono::milliseconds(600),
            .secret_sealed = seal_secret(keyring, "whk_1", secret),
            .previous_secret_sealed = {}};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(message, Fixture)

BOOST_AUTO_TEST_CASE(body_is_the_event_with_its_data_byte_by_byte) {
  BOOST_TEST(body_of(message()) ==
             R"({"id":"evt_1","type":"order.shipped","timestamp":"2026-11-18T11:06:40Z",)"
             R"("data":{"b": 1.0,  "a": "\u00e9"}})");
}

BOOST_AUTO_TEST_CASE(signature_is_the_endpoints_own) {
  store::Message mine = message();
  const auto expected = sign("evt_1", now, "body", secret, Secret());
  BOOST_TEST((sign(mine, now, "body", keyring) == expected));
  mine.previous_secret_sealed = mine.secret_sealed;
  BOOST_TEST((sign(mine, now, "body", keyring) == sign("evt_1", now, "body", secret, secret)));
  mine.endpoint_id = "whk_2";
  BOOST_CHECK_THROW(sign(mine, now, "body", keyring), crypto::SealError);
}

BOOST_AUTO_TEST_CASE(answers_are_kept_without_what_text_cannot_hold) {
  using namespace std::string_view_literals;
  BOOST_TEST(storable("") == "");
  BOOST_TEST(storable("a\0b\0"sv) ==
             "a\xEF\xBF\xBD"
             "b\xEF\xBF\xBD");
}

BOOST_AUTO_TEST_SUITE_END()
