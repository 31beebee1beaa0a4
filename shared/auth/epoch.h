#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

#include "db/connection.h"

namespace gatehouse::auth {

/// What caches depend on: each topic has a counter in PostgreSQL that triggers advance in the
/// transaction that changes its rows.
enum class Topic { clients, tenant_keys, signing_keys, revoked_tokens, gate_routes };

/// This process's view of the epochs. The housekeeping thread refreshes it every 250 ms; caches
/// compare their entries with it, so a change is visible here within that time and the time of one
/// read. Thread-safe.
class EpochWatch {
 public:
  explicit EpochWatch(std::chrono::milliseconds max_stale) : max_stale_(max_stale) {}

  /// Reads all topics. Throws what Connection::read throws.
  void refresh(db::Connection& connection);

  /// Makes sure that the view is at most `max_stale` old, by reading it on `connection` if the
  /// housekeeping thread has not: what was cached is never believed longer than promised. Throws
  /// db::Unavailable.
  void ensure_fresh(db::Connection& connection);

  std::int64_t of(Topic topic) const {
    return values_[static_cast<std::size_t>(topic)].load(std::memory_order_acquire);
  }

  /// Another number whenever a topic has another: for what depends on all of them.
  std::int64_t of_all() const {
    std::int64_t sum = 0;  // each of them only grows
    for (const auto& value : values_) sum += value.load(std::memory_order_acquire);
    return sum;
  }

 private:
  using Steady = std::chrono::steady_clock;
  bool fresh() const;

  const std::chrono::milliseconds max_stale_;
  std::array<std::atomic<std::int64_t>, 5> values_{};
  std::atomic<Steady::rep> confirmed_{0};  ///< when the last successful read began
  std::mutex refreshing_;
};

}  // namespace gatehouse::auth
