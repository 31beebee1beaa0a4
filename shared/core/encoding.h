#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse {

using Bytes = std::vector<std::byte>;

std::span<const std::byte> as_bytes(std::string_view text);
std::string_view as_text(std::span<const std::byte> bytes);

/// Lower-case hexadecimal; upper case is refused, so that a value has exactly one spelling.
std::string to_hex(std::span<const std::byte> bytes);
std::optional<Bytes> from_hex(std::string_view text);

/// RFC 4648 §4, with padding. Decoding is strict: no white space, canonical trailing bits.
std::optional<std::string> from_base64(std::string_view text);
std::string to_base64(std::span<const std::byte> bytes);

/// RFC 4648 §5 without padding, as RFC 7515 §2 wants. Decoding is strict, as above, so that one
/// token has exactly one spelling.
std::string to_base64url(std::span<const std::byte> bytes);
void append_base64url(std::string& out, std::span<const std::byte> bytes);
std::optional<std::string> from_base64url(std::string_view text);

/// Digits, then upper case, then lower case; the bytes as one big-endian number, left-padded with
/// '0' to the length that the byte count needs, so that equal sizes give equal lengths.
std::string to_base62(std::span<const std::byte> bytes);

/// The 26 lower-case Crockford characters of a 128-bit value, as TypeID writes them.
std::string to_crockford(std::span<const std::byte, 16> bytes);

/// CRC-32 (IEEE 802.3), the one of zip and PNG.
std::uint32_t crc32(std::string_view text);

/// True for well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool valid_utf8(std::string_view text);

/// Decodes one name or value of `application/x-www-form-urlencoded` (`+` is a space). nullopt where
/// a
/// '%' is not followed by two hexadecimal digits, or where the result is no UTF-8 or holds a NUL.
std::optional<std::string> from_form(std::string_view text);

/// A header's text as it can be stored and shown: at most 256 characters of visible ASCII, what is
/// none being '?'.
std::string printable(std::string_view header);

/// With a space between each two.
std::string joined(const std::vector<std::string>& texts);

/// All of them in one text that no other texts give: each behind its length.
std::string concatenated(std::initializer_list<std::string_view> texts);

/// Appends `text` as an RFC 8259 §7 string, quotes included. Control characters are escaped and
/// bytes that are no UTF-8 become U+FFFD, so that whatever comes in, valid JSON goes out.
void append_json_string(std::string& out, std::string_view text);

}  // namespace gatehouse
