#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "auth/cache.h"
#include "core/time.h"
#include "jose/jws.h"

namespace gatehouse::tokens {

/// The key sets that clients publish themselves (`jwks_uri`, RFC 7591 §2), kept in memory by URL.
/// Whoever knows a client_id can make this ask for one, so it asks for each at most once a minute.
/// Each is asked for by itself, so that no server that is slow keeps another client's keys away;
/// and at most one thread of the process waits for an answer, the others go on without.
/// Thread-safe, bounded.
class RemoteKeys {
 public:
  /// A key that has gone from its URL is believed no longer than this; where the URL does not
  /// answer, no longer than `stale`.
  static constexpr std::chrono::minutes fresh{5}, stale{60};
  static constexpr std::chrono::minutes pause{1};             ///< between two requests for one URL
  static constexpr std::chrono::milliseconds patience{3000};  ///< of the thread that waits

  /// Gets what is at a URL (KeyFetcher::get): calls the second once, in any thread, with the body
  /// or with nullopt. It is not called after this has ended.
  using Done = std::function<void(std::optional<std::string>)>;
  using Fetch = std::function<void(const std::string& url, Done)>;

  RemoteKeys(Fetch fetch, std::size_t entries)
      : fetch_(std::move(fetch)), most_under_way_(entries), cache_(entries) {}

  /// The keys of that URL, asked for where they are old or do not have this `kid` ("" names none).
  /// Empty where none could be had; null where they are still being asked for.
  std::shared_ptr<const jose::KeySet> find(const std::string& url, std::string_view kid, Time now);

 private:
  struct Entry {
    std::shared_ptr<const jose::KeySet> keys;
    Time fetched{}, tried{};

    bool has(std::string_view kid) const { return kid.empty() || keys->find(kid) != nullptr; }
  };
  using Pointer = std::shared_ptr<const Entry>;

  void ask(const std::string& url, Time now);
  void answered(const std::string& url, const std::optional<std::string>& text, Time now);
  void wait_for(const std::string& url);
  bool is_under_way(const std::string& url);

  const Fetch fetch_;
  const std::size_t most_under_way_;
  auth::Cache<Entry> cache_;
  std::mutex waiting_;  ///< held by the thread that waits
  std::mutex mutex_;
  std::condition_variable answered_;
  std::unordered_set<std::string> under_way_;
};

}  // namespace gatehouse::tokens
