#include "webhooks/secret.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cctype>
#include <set>
#include <string>

namespace gatehouse::webhooks {

BOOST_AUTO_TEST_CASE(signing_secrets_are_letters_digits_and_base64) {
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const Secret secret = make_signing_secret();
    const std::string text(secret.reveal());
    BOOST_TEST(text.starts_with("whsec_"));
    BOOST_TEST(text.size() == 54U);
    BOOST_TEST(std::all_of(text.begin() + 6, text.end(),
                           [](unsigned char c) { return std::isalnum(c) != 0; }));
    BOOST_TEST(standard_key(secret).reveal().size() == 36U);
    BOOST_TEST(seen.insert(text).second);
  }
}

BOOST_AUTO_TEST_CASE(standard_key_is_what_the_base64_stands_for) {
  BOOST_TEST(standard_key(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).reveal() ==
             from_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value());
}

}  // namespace gatehouse::webhooks
