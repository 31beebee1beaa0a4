#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace gatehouse::crypto {

/// A number that no other key of this process has or had; never 0.
inline std::uint64_t next_key_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

/// The contexts that one thread has made ready, by key: declare it `thread_local`. Bounded; the
/// oldest goes first, and with it the thread's hold on a key that may be gone elsewhere.
template <class Context, std::size_t size = 16>
class PerThread {
 public:
  /// The context of that key, made by `make()` where there is none yet. Valid until the next call.
  template <class Make>
  Context& get(std::uint64_t key_id, Make&& make) {
    for (Slot& slot : slots_)
      if (slot.key_id == key_id) return slot.context;
    Slot& slot = slots_[next_++ % size];
    slot.key_id = 0;
    slot.context = make();
    slot.key_id = key_id;
    return slot.context;
  }

 private:
  struct Slot {
    std::uint64_t key_id = 0;
    Context context{};
  };
  std::array<Slot, size> slots_{};
  std::size_t next_ = 0;
};

}  // namespace gatehouse::crypto
