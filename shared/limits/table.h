#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <type_traits>

namespace gatehouse::limits {

/// A bounded flat table from 64-bit keyed hashes (SipHash under a key of the process) to small
/// values, for many threads. Its memory never grows: a key has its place in one set of eight, and a
/// new one takes the place of whichever of the eight is worth least. Two keys with the same hash
/// are one: at 2^-64 nobody can make that happen without the key.
///
/// `Value{}`, all of whose bytes are zero, is a caller of whom nothing is remembered; `std::int64_t
/// worth() const` says how much would be lost by forgetting. Being forgotten is always to the
/// caller's advantage, so a flood of strangers can make room for somebody, but never refuse
/// anybody.
template <typename Value>
class Table {
 public:
  explicit Table(std::size_t entries)
      : count_(std::bit_ceil(std::max<std::size_t>(entries, ways) / ways)),
        sets_(static_cast<Set*>(std::calloc(count_, sizeof(Set)))) {
    if (!sets_) throw std::bad_alloc();
  }

  /// What is known of the key; takes no place.
  Value peek(std::uint64_t key) {
    Set& set = set_of(key);
    std::lock_guard lock(mutex_of(key));
    for (const Slot& slot : set) {
      if (slot.key == key) return slot.value;
    }
    return {};
  }

  /// Runs `work(Value&)`, alone among all that touch this key, and returns what it returns.
  template <typename Work>
  auto change(std::uint64_t key, Work work) {
    Set& set = set_of(key);
    std::lock_guard lock(mutex_of(key));
    Slot* place = &set.front();
    for (Slot& slot : set) {
      if (slot.key == key) return work(slot.value);
      if (slot.value.worth() < place->value.worth()) place = &slot;
    }
    *place = {key, {}};
    return work(place->value);
  }

 private:
  static constexpr std::size_t ways = 8;
  struct Slot {
    std::uint64_t key = 0;
    Value value;
  };
  using Set = std::array<Slot, ways>;
  static_assert(std::is_trivially_copyable_v<Slot>);
  struct Free {
    void operator()(Set* sets) const { std::free(sets); }
  };
  struct alignas(64) Mutex {
    std::mutex mutex;
  };

  Set& set_of(std::uint64_t key) { return sets_[key & (count_ - 1)]; }
  // By the lowest bits too, so that one set has one mutex.
  std::mutex& mutex_of(std::uint64_t key) {
    return mutexes_[key & (count_ - 1) & (mutexes_.size() - 1)].mutex;
  }

  const std::size_t count_;  ///< a power of two
  // Zeroed by the kernel page by page as it is used: an idle process holds none of it.
  std::unique_ptr<Set[], Free> sets_;
  std::array<Mutex, 64> mutexes_;
};

}  // namespace gatehouse::limits
