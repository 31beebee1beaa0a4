#include "auth/cache.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>
#include <vector>

namespace gatehouse::auth {
namespace {

std::shared_ptr<const int> value(int number) {
  return std::make_shared<const int>(number);
}

}  // namespace

BOOST_AUTO_TEST_CASE(entry_is_found_in_its_own_epoch_only) {
  Cache<int> cache(100);
  cache.put("a", value(1), 7);
  BOOST_REQUIRE(cache.find("a", 7) != nullptr);
  BOOST_TEST(*cache.find("a", 7) == 1);
  BOOST_TEST(cache.find("a", 8) == nullptr);
  BOOST_TEST(cache.find("b", 7) == nullptr);
}

BOOST_AUTO_TEST_CASE(flood_of_strangers_is_bounded_and_does_not_push_out_what_is_used) {
  Cache<int> cache(1600);
  cache.put("used", value(1), 1);
  std::weak_ptr<const int> stranger;
  for (int i = 0; i < 100000; ++i) {
    auto entry = value(i);
    if (i == 0) stranger = entry;
    cache.put("stranger" + std::to_string(i), std::move(entry), 1);
    BOOST_REQUIRE(cache.find("used", 1) != nullptr);
  }
  BOOST_TEST(stranger.expired());
}

BOOST_AUTO_TEST_CASE(many_threads_share_it) {
  Cache<int> cache(64);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&cache] {
      for (int i = 0; i < 20000; ++i) {
        const std::string key = std::to_string(i % 97);
        if (const auto found = cache.find(key, 1); found && *found != i % 97) std::abort();
        cache.put(key, value(i % 97), 1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(*cache.find("0", 1) == 0);
}

}  // namespace gatehouse::auth
