#include "core/encoding.h"

#include <array>
#include <cmath>

#include "core/secret.h"

namespace gatehouse {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base62_digits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view crockford_digits = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base64url_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::uint8_t no_digit = 0xff;
using Digits = std::array<std::uint8_t, 256>;

constexpr Digits digits_of(std::string_view alphabet) {
  Digits digits{};
  digits.fill(no_digit);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    digits[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return digits;
}

constexpr Digits hex_values = digits_of(hex_digits);
constexpr Digits base64_values = digits_of(base64_digits);
constexpr Digits base64url_values = digits_of(base64url_digits);

void append_base64(std::string& out, std::span<const std::byte> bytes, std::string_view alphabet) {
  const std::size_t begin = out.size();
  out.resize(begin + (bytes.size() * 4 + 2) / 3);
  char* to = out.data() + begin;
  const auto at = [&](std::size_t index) { return std::to_integer<std::uint32_t>(bytes[index]); };
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t bits = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    for (int shift = 18; shift >= 0; shift -= 6) *to++ = alphabet[(bits >> shift) & 63];
  }
  if (i == bytes.size()) return;
  const bool two = i + 2 == bytes.size();
  const std::uint32_t bits = at(i) << 16 | (two ? at(i + 1) << 8 : 0);
  *to++ = alphabet[bits >> 18];
  *to++ = alphabet[(bits >> 12) & 63];
  if (two) *to = alphabet[(bits >> 6) & 63];
}

// `text` without padding. Refuses what no encoder would have written: a lone last character, and
// bits that are set behind the last byte.
std::optional<std::string> decode_base64(std::string_view text, const Digits& values) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const std::uint8_t value = values[static_cast<unsigned char>(c)];
    if (value == no_digit) {
      wipe(out);
      return std::nullopt;
    }
    bits = (bits << 6) | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>((bits >> held) & 0xff);
    }
  }
  if ((bits & ((1U << held) - 1)) != 0) {
    wipe(out);
    return std::nullopt;
  }
  return out;
}

constexpr std::array<std::uint32_t, 256> crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xedb88320U : crc >> 1;
    table[i] = crc;
  }
  return table;
}();

}  // namespace

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string to_hex(std::span<const std::byte> bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    out += hex_digits[std::to_integer<std::size_t>(byte >> 4)];
    out += hex_digits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
  return out;
}

std::optional<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::uint8_t high = hex_values[static_cast<unsigned char>(text[i])];
    const std::uint8_t low = hex_values[static_cast<unsigned char>(text[i + 1])];
    if (high == no_digit || low == no_digit) return std::nullopt;
    out.push_back(std::byte(high << 4 | low));
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.ends_with('=')) text.remove_suffix(text.ends_with("==") ? 2 : 1);
  return decode_base64(text, base64_values);
}

std::string to_base64(std::span<const std::byte> bytes) {
  std::string out;
  append_base64(out, bytes, base64_digits);
  while (out.size() % 4 != 0) out += '=';
  return out;
}

std::string to_base64url(std::span<const std::byte> bytes) {
  std::string out;
  append_base64(out, bytes, base64url_digits);
  return out;
}

void append_base64url(std::string& out, std::span<const std::byte> bytes) {
  append_base64(out, bytes, base64url_digits);
}

std::optional<std::string> from_base64url(std::string_view text) {
  return decode_base64(text, base64url_values);
}

std::string to_base62(std::span<const std::byte> bytes) {
  // log2(62) is irrational, so the quotient is never close enough to a whole number to round
  // wrongly.
  const auto length = static_cast<std::size_t>(
      std::ceil(static_cast<double>(bytes.size()) * 8.0 / std::log2(62.0)));
  std::string out(length, '0');
  std::string rest(as_text(bytes));
  for (std::size_t i = length; i-- > 0;) {
    unsigned remainder = 0;
    for (char& digit : rest) {
      const unsigned dividend = remainder << 8 | static_cast<unsigned char>(digit);
      digit = static_cast<char>(dividend / 62);
      remainder = dividend % 62;
    }
    out[i] = base62_digits[remainder];
  }
  wipe(rest);
  return out;
}

std::string to_crockford(std::span<const std::byte, 16> bytes) {
  std::string out;
  out.reserve(26);
  std::uint32_t bits = 0;
  int held = 2;  // 26 characters are 130 bits: two zeros lead
  for (const std::byte byte : bytes) {
    bits = (bits << 8) | std::to_integer<std::uint32_t>(byte);
    for (held += 8; held >= 5;) {
      held -= 5;
      out += crockford_digits[(bits >> held) & 31];
    }
  }
  return out;
}

std::uint32_t crc32(std::string_view text) {
  std::uint32_t crc = 0xffffffffU;
  for (const char c : text)
    crc = crc_table[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ (crc >> 8);
  return ~crc;
}

}  // namespace gatehouse
