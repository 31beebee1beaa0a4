#include "tokens/remote_keys.h"

#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
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
  RemoteKeys keys{[this](const std::string&, const RemoteKeys::Done& done) {
                    ++asked;
                    done(answer);
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

/// Servers that answer when they are told to.
struct Slow {
  std::mutex mutex;
  std::condition_variable more;
  std::map<std::string, RemoteKeys::Done> asked;
  RemoteKeys keys{[this](const std::string& from, RemoteKeys::Done done) {
                    const std::lock_guard lock(mutex);
                    asked[from] = std::move(done);
                    more.notify_all();
                  },
                  2};
  const Time start = SystemClock().now();

  void answer(const std::string& from, const std::vector<std::string>& kids) {
    RemoteKeys::Done done;
    {
      const std::lock_guard lock(mutex);
      done = asked.at(from);
    }
    done(set_of(kids));
  }
  /// The one thread that waits, when it has asked.
  std::future<std::shared_ptr<const jose::KeySet>> waiting(const std::string& from) {
    auto found =
        std::async(std::launch::async, [this, from] { return keys.find(from, "k1", start); });
    std::unique_lock lock(mutex);
    more.wait(lock, [&] { return asked.contains(from); });
    return found;
  }
};

const std::string other = "https://b.example/";

BOOST_AUTO_TEST_CASE(server_that_is_slow_keeps_nobody_elses_keys_away) {
  Slow slow;
  auto first = slow.waiting(url);
  BOOST_TEST(slow.keys.find(url, "k1", start) == nullptr, "one asks for it");
  BOOST_TEST(slow.keys.find(other, "k1", start) == nullptr, "nobody waits for two");
  slow.answer(other, {"k1"});
  BOOST_TEST_REQUIRE(slow.keys.find(other, "k1", start) != nullptr);
  BOOST_TEST(slow.keys.find(other, "k1", start)->keys().size() == 1U);
  slow.answer(url, {"k1"});
  const auto found = first.get();
  BOOST_TEST_REQUIRE(found != nullptr);
  BOOST_TEST(found->keys().size() == 1U);
}

BOOST_AUTO_TEST_CASE(key_that_is_being_asked_for_is_not_said_to_be_none) {
  Slow slow;
  auto first = slow.waiting(url);
  slow.answer(url, {"k1"});
  BOOST_TEST_REQUIRE(first.get() != nullptr);
  auto another = slow.waiting(other);
  const Time later = slow.start + RemoteKeys::pause;
  BOOST_TEST(slow.keys.find(url, "k2", later) == nullptr);
  BOOST_TEST(slow.keys.find(url, "k1", later) != nullptr, "what is known is there meanwhile");
  slow.answer(url, {"k2"});
  BOOST_TEST_REQUIRE(slow.keys.find(url, "k2", later) != nullptr);
  BOOST_TEST(slow.keys.find(url, "k2", later)->find("k2") != nullptr);
  slow.answer(other, {"k1"});
  BOOST_TEST(another.get() != nullptr);
}

BOOST_AUTO_TEST_CASE(no_more_is_under_way_than_is_remembered) {
  Slow slow;
  auto first = slow.waiting(url);
  for (const char* one : {"https://b.example/", "https://c.example/"}) {
    BOOST_TEST(slow.keys.find(one, "k1", start) == nullptr);
  }
  slow.answer(url, {"k1"});
  BOOST_TEST(first.get() != nullptr);
  BOOST_TEST(slow.asked.size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
