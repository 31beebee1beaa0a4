#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse {

/// SipHash-2-4 (Aumasson, Bernstein 2012): a keyed 64-bit hash for tables whose keys strangers
/// choose. Without the key nobody can find two texts that collide, or one that lands beside
/// another's. No message authentication: 64 bits are too few for that. 20-60 ns for a short text.
class SipHash {
 public:
  using Key = std::array<std::uint64_t, 2>;

  explicit SipHash(const Key& key);
  /// A key from the kernel's CSPRNG, for a table that lives as long as the process.
  static Key random_key();

  /// Appends bytes: add("ab").add("c") is add("abc").
  SipHash& add(std::string_view bytes);
  /// Appends the text and its length, so that ("ab", "c") and ("a", "bc") differ.
  SipHash& add_field(std::string_view text);
  /// Call once.
  std::uint64_t finish();

 private:
  void round();
  void take(std::uint64_t word);

  std::array<std::uint64_t, 4> v_;
  std::uint64_t pending_ = 0;  ///< bytes that do not fill a word yet, least significant first
  std::size_t length_ = 0;
};

}  // namespace gatehouse
