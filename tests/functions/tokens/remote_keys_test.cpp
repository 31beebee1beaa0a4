#include "tokens/remote_keys.h"

#include <boost/test/unit_test.hpp>
#include <future>
#include <map>
#include <vector>

#include "core/time.h"
#include "jose/jwk.h"

using namespace gatehouse;
using namespace gatehouse::tokens;
using namespace std::chrono_literals;

namespace {

const std::string url = "https://a.example/jwks";

std::string set_of(const std::vector<std::string>& kids) {
  static const auto key = crypto::PrivateKey::generate(crypto::Algorithm::eddsa).public_key();
  std::vector<jose::VerificationKey> keys;
  for (const std::string& kid : kids) keys.push_back({kid, crypto::Algorithm::eddsa, key});
  return jose::jwks(keys);
}

/// Somebody's server, and how often it was asked.
struct Published {
  std::optional<std::string> answer = set_of({"k1"});
  int asked = 0;
  RemoteKeys keys{[this](const std::string&) {
                    ++asked;
                    return answer;
                  },
                  16};
  const Time start = SystemClock().now();

  bool has(std::string_view kid, std::chrono::seconds later) {
    return keys.find(url, kid, start + later)->find(kid) != nullptr;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(remote_keys, Published)

BOOST_AUTO_TEST_CASE(keys_are_asked_for_once_while_they_are_fresh) {
  for (const auto later : {0s, 1s, 299s}) BOOST_TEST(has("k1", later));
  BOOST_TEST(asked == 1);
  BOOST_TEST(has("k1", 300s));
  BOOST_TEST(asked == 2);
}

BOOST_AUTO_TEST_CASE(unknown_kid_asks_again_once_a_minute_at_most) {
  BOOST_TEST(has("k1", 0s));
  answer = set_of({"k1", "k2"});
  BOOST_TEST(!has("k2", 59s));
  BOOST_TEST(asked == 1);
  BOOST_TEST(has("k2", 60s));
  BOOST_TEST(asked == 2);
  for (int i = 0; i < 50; ++i) BOOST_TEST(!has("made-up" + std::to_string(i), 61s));
  BOOST_TEST(asked == 2);
}

BOOST_AUTO_TEST_CASE(key_that_is_gone_from_its_url_is_not_believed_for_long) {
  BOOST_TEST(has("k1", 0s));
  answer = set_of({"k2"});
  BOOST_TEST(has("k1", 299s));
  BOOST_TEST(!has("k1", 300s));
}

BOOST_AUTO_TEST_CASE(keys_outlive_a_url_that_does_not_answer_for_an_hour) {
  BOOST_TEST(has("k1", 0s));
  for (const auto& nothing : {std::optional<std::string>(), std::optional<std::string>("{}"),
                              std::optional<std::string>("<html>")}) {
    answer = nothing;
    BOOST_TEST(has("k1", 600s));
  }
  BOOST_TEST(asked == 2);
  BOOST_TEST(has("k1", 3599s));
  BOOST_TEST(!has("k1", 3600s));
  answer = set_of({"k1"});
  BOOST_TEST(has("k1", 3700s));
}

BOOST_AUTO_TEST_CASE(url_that_never_answered_is_asked_once_a_minute) {
  answer.reset();
  for (const auto later : {0s, 1s, 59s}) BOOST_TEST(!has("k1", later));
  BOOST_TEST(asked == 1);
  answer = set_of({"k1"});
  BOOST_TEST(has("k1", 60s));
}

BOOST_AUTO_TEST_CASE(one_thread_asks_and_no_other_waits) {
  std::promise<void> in_fetch, go_on;
  RemoteKeys slow(
      [&](const std::string&) {
        in_fetch.set_value();
        go_on.get_future().wait();
        return std::optional(set_of({"k1"}));
      },
      16);
  auto first =
      std::async(std::launch::async, [&] { return slow.find(url, "k1", start)->keys().size(); });
  in_fetch.get_future().wait();
  BOOST_TEST(slow.find(url, "k1", start) == nullptr);
  BOOST_TEST(slow.find("https://b.example/", "k1", start) == nullptr);
  go_on.set_value();
  BOOST_TEST(first.get() == 1U);
  BOOST_TEST(slow.find(url, "k1", start)->keys().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
