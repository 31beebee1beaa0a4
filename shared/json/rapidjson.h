#pragma once

// RapidJSON as this room uses it. Include this and never the library itself: the macros below
// change what its templates are, and have to be the same wherever they are compiled.

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/secret.h"

namespace gatehouse::json {

/// The library's own check is assert(3), which would end the process, or nothing at all in a
/// release.
[[noreturn]] inline void broken_library(const char* condition) {
  throw std::logic_error(std::string("rapidjson: ") + condition);
}

}  // namespace gatehouse::json

#define RAPIDJSON_ASSERT(x) \
  ((x) ? static_cast<void>(0) : ::gatehouse::json::broken_library(#x))  // NOLINT
#define RAPIDJSON_HAS_CXX11_NOEXCEPT 0
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

namespace gatehouse::json {

/// Names the stack below as the reader's own; nothing is allocated with it.
struct SafeStack : rapidjson::CrtAllocator {};

}  // namespace gatehouse::json

/// The library's stack begins as a null pointer and adds to it, which is undefined: this one never
/// is null.
template <>
class rapidjson::internal::Stack<gatehouse::json::SafeStack> {
 public:
  Stack(gatehouse::json::SafeStack*, std::size_t capacity) : bytes_(capacity) {}
  ~Stack() { gatehouse::wipe(bytes_); }  // strings pass through it: passwords too
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  void Clear() { used_ = 0; }

  template <typename T>
  T* Push(std::size_t count = 1) {
    const std::size_t size = sizeof(T) * count;
    if (size > bytes_.size() - used_) grow(used_ + size);
    used_ += size;
    return reinterpret_cast<T*>(bytes_.data() + used_ - size);
  }

  template <typename T>
  T* Pop(std::size_t count) {
    RAPIDJSON_ASSERT(used_ >= sizeof(T) * count);
    used_ -= sizeof(T) * count;
    return reinterpret_cast<T*>(bytes_.data() + used_);
  }

  template <typename T>
  T* Top() {
    RAPIDJSON_ASSERT(used_ >= sizeof(T));
    return reinterpret_cast<T*>(bytes_.data() + used_ - sizeof(T));
  }

 private:
  void grow(std::size_t least) {
    std::vector<char> larger(std::max(bytes_.size() * 2, least));
    std::ranges::copy(bytes_, larger.begin());
    bytes_.swap(larger);
    gatehouse::wipe(larger);
  }

  std::vector<char> bytes_;
  std::size_t used_ = 0;
};
