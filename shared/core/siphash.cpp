#include "core/siphash.h"

#include <bit>
#include <cstring>
#include <span>

#include "core/random.h"

namespace gatehouse {

static_assert(std::endian::native == std::endian::little, "words are read as they lie in memory");

SipHash::SipHash(const Key& key)
    : v_{key[0] ^ 0x736f6d6570736575U, key[1] ^ 0x646f72616e646f6dU, key[0] ^ 0x6c7967656e657261U,
         key[1] ^ 0x7465646279746573U} {}

SipHash::Key SipHash::random_key() {
  Key key;
  random_bytes(std::as_writable_bytes(std::span(key)));
  return key;
}

void SipHash::round() {
  v_[0] += v_[1];
  v_[1] = std::rotl(v_[1], 13) ^ v_[0];
  v_[0] = std::rotl(v_[0], 32);
  v_[2] += v_[3];
  v_[3] = std::rotl(v_[3], 16) ^ v_[2];
  v_[0] += v_[3];
  v_[3] = std::rotl(v_[3], 21) ^ v_[0];
  v_[2] += v_[1];
  v_[1] = std::rotl(v_[1], 17) ^ v_[2];
  v_[2] = std::rotl(v_[2], 32);
}

void SipHash::take(std::uint64_t word) {
  v_[3] ^= word;
  round();
  round();
  v_[0] ^= word;
}

SipHash& SipHash::add(std::string_view bytes) {
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  std::size_t held = length_ % 8;
  length_ += left;
  if (held > 0) {
    for (; left > 0 && held < 8; --left, ++held) {
      pending_ |= std::uint64_t{static_cast<unsigned char>(*at++)} << (8 * held);
    }
    if (held < 8) return *this;
    take(pending_);
    pending_ = 0;
  }
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    take(word);
  }
  if (left > 0) std::memcpy(&pending_, at, left);
  return *this;
}

SipHash& SipHash::add_field(std::string_view text) {
  const std::uint64_t size = text.size();
  return add({reinterpret_cast<const char*>(&size), sizeof(size)}).add(text);
}

std::uint64_t SipHash::finish() {
  take(pending_ | std::uint64_t{length_ & 0xffU} << 56U);
  v_[2] ^= 0xffU;
  for (int i = 0; i < 4; ++i) round();
  return v_[0] ^ v_[1] ^ v_[2] ^ v_[3];
}

}  // namespace gatehouse
