#include "crypto/machine_secret.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "core/encoding.h"
#include "core/random.h"

namespace gatehouse::crypto {
namespace {

constexpr std::size_t sum_length = 6;

std::string check_sum(std::string_view text) {
  const std::uint32_t sum = crc32(text);
  const std::array bytes{static_cast<std::byte>(sum >> 24), static_cast<std::byte>(sum >> 16),
                         static_cast<std::byte>(sum >> 8), static_cast<std::byte>(sum)};
  return to_base62(bytes);
}

bool is_base62(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

Secret make_machine_secret(std::string_view prefix) {
  std::array<char, 32> random;
  random_bytes(std::as_writable_bytes(std::span(random)));
  std::string text;
  text.reserve(prefix.size() + machine_secret_body);
  text += prefix;
  Secret body(to_base62(std::as_bytes(std::span(random))));
  text += body.reveal();
  text += check_sum(text);
  wipe(random);
  return Secret(std::move(text));
}

bool well_formed_machine_secret(std::string_view prefix, std::string_view text) {
  if (text.size() != prefix.size() + machine_secret_body || !text.starts_with(prefix)) return false;
  if (!std::ranges::all_of(text.substr(prefix.size()), is_base62)) return false;
  const auto sum = text.size() - sum_length;
  return text.substr(sum) == check_sum(text.substr(0, sum));
}

Digest machine_secret_hash(const Keyring& keyring, std::string_view secret) {
  return keyring.pepper().sign(secret);
}

std::string fingerprint(const Digest& digest) {
  return to_hex(std::span(digest).first(8));
}

}  // namespace gatehouse::crypto
