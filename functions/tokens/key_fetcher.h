#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "egress/engine.h"

namespace gatehouse::tokens {

/// Logs why there are no keys from that URL, which is named without its query: that may be secret.
void log_key_failure(std::string_view url, std::string_view why);

/// Reads what clients publish, from a thread of its own that drives all calls at once: a server
/// that is slow holds up no request, and nobody else's server. The thread begins with the first
/// call. Thread-safe.
class KeyFetcher {
 public:
  /// The body of a 2xx answer; nullopt for anything else, which is logged.
  using Done = std::function<void(std::optional<std::string>)>;

  /// The guard must outlive this.
  explicit KeyFetcher(const egress::Guard& guard);
  /// What is under way ends without its `Done`.
  ~KeyFetcher();
  KeyFetcher(const KeyFetcher&) = delete;
  KeyFetcher& operator=(const KeyFetcher&) = delete;

  /// Calls `done` from that thread, within the time limits of a call and the wait for its turn
  /// among those to the same server.
  void get(std::string url, Done done);

 private:
  void run();
  void submit_wanted();
  void submit(const std::string& url, Done done);
  void give_up();

  const egress::Guard& guard_;
  std::mutex mutex_;
  std::vector<std::pair<std::string, Done>> wanted_;
  std::unique_ptr<egress::Engine> engine_;  ///< the thread's own, but for wake(); never null
  std::unordered_map<std::uint64_t, Done> under_way_;  ///< the thread's own
  std::uint64_t last_ = 0;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace gatehouse::tokens
