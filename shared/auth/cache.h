#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gatehouse::auth {

/// A bounded map from strings to shared immutable values, for many threads. An entry is valid for
/// the epoch it was read in: one that belongs to an older epoch is a miss. Eviction is by
/// generations: when the young half is full the old half is dropped, so what is used stays and a
/// flood of strangers costs two halves.
template <typename Value>
class Cache {
 public:
  using Pointer = std::shared_ptr<const Value>;

  explicit Cache(std::size_t entries) : per_half_(entries / (2 * shards_.size()) + 1) {}

  Pointer find(std::string_view key, std::int64_t epoch) {
    Shard& shard = shard_of(key);
    {
      // Shared: a reader that loses its processor must not stop the others.
      std::shared_lock lock(shard.mutex);
      if (auto it = shard.young.find(key); it != shard.young.end()) {
        return it->second.epoch == epoch ? it->second.value : nullptr;
      }
      if (!shard.old.contains(key)) return nullptr;
    }
    std::lock_guard lock(shard.mutex);
    auto it = shard.old.find(key);
    if (it == shard.old.end() || it->second.epoch != epoch) return nullptr;
    Pointer value = it->second.value;
    insert(shard, key, value, epoch);
    return value;
  }

  /// `epoch` must have been read before the value was: then an entry can be too old, never too new.
  void put(std::string_view key, Pointer value, std::int64_t epoch) {
    Shard& shard = shard_of(key);
    std::lock_guard lock(shard.mutex);
    insert(shard, key, std::move(value), epoch);
  }

 private:
  struct Entry {
    Pointer value;
    std::int64_t epoch;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const {
      return std::hash<std::string_view>{}(key);
    }
  };
  using Half = std::unordered_map<std::string, Entry, Hash, std::equal_to<>>;
  struct Shard {
    std::shared_mutex mutex;
    Half young, old;
  };

  Shard& shard_of(std::string_view key) { return shards_[Hash{}(key) % shards_.size()]; }

  void insert(Shard& shard, std::string_view key, Pointer value, std::int64_t epoch) {
    if (shard.young.size() >= per_half_) {
      shard.old = std::move(shard.young);
      shard.young = Half();
    }
    shard.young.insert_or_assign(std::string(key), Entry{std::move(value), epoch});
  }

  std::array<Shard, 16> shards_;
  const std::size_t per_half_;
};

}  // namespace gatehouse::auth
