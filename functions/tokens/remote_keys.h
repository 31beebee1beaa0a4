#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "auth/cache.h"
#include "core/time.h"
#include "egress/client.h"
#include "jose/jws.h"

namespace gatehouse::tokens {

/// The key sets that clients publish themselves (`jwks_uri`, RFC 7591 §2), kept in memory by URL.
/// Whoever knows a client_id can make this ask for one, so it asks for each at most once a minute,
/// and for one at a time: at most one thread of the process waits for somebody else's server, three
/// seconds at most. Thread-safe, bounded.
class RemoteKeys {
 public:
  /// A key that has gone from its URL is believed no longer than this; where the URL does not
  /// answer, no longer than `stale`.
  static constexpr std::chrono::minutes fresh{5}, stale{60};
  static constexpr std::chrono::minutes pause{1};  ///< between two requests for one URL

  /// The body of a 200 answer of that URL; nullopt for anything else. Never throws.
  using Fetch = std::function<std::optional<std::string>(const std::string& url)>;

  RemoteKeys(Fetch fetch, std::size_t entries) : fetch_(std::move(fetch)), cache_(entries) {}

  /// The keys of that URL, asked for where they are old or do not have this `kid` ("" names none).
  /// Empty where none could be had; null where none are known yet and another thread is asking.
  std::shared_ptr<const jose::KeySet> find(const std::string& url, std::string_view kid, Time now);

 private:
  struct Entry {
    std::shared_ptr<const jose::KeySet> keys;
    Time fetched{}, tried{};
  };
  using Pointer = std::shared_ptr<const Entry>;

  static bool serves(const Entry& entry, std::string_view kid, Time now);
  Pointer refresh(const std::string& url, const Pointer& known, Time now);

  const Fetch fetch_;
  auth::Cache<Entry> cache_;
  std::mutex fetching_;
};

/// Fetches by the guarded client; what fails is logged by URL.
RemoteKeys::Fetch guarded_fetch(const egress::Guard& guard);

}  // namespace gatehouse::tokens
