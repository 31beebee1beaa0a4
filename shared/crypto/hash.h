#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace gatehouse::crypto {

using Digest = std::array<std::byte, 32>;

/// SHA-256 (FIPS 180-4). Thread-safe.
Digest sha256(std::span<const std::byte> data);
Digest sha256(std::string_view text);

/// True if both have the same length and bytes, in a time that depends on the length only.
bool equal(std::span<const std::byte> a, std::span<const std::byte> b);
bool equal(std::string_view a, std::string_view b);

/// A key of HMAC-SHA-256 (RFC 2104), any length. Copies share the key, which is wiped with the last
/// of them. Thread-safe: each thread keeps contexts of the keys it used last (0.2 us a call).
class HmacKey {
 public:
  explicit HmacKey(std::span<const std::byte> key);
  Digest sign(std::string_view data) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace gatehouse::crypto
