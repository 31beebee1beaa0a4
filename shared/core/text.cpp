#include <array>

#include "core/encoding.h"
#include "core/secret.h"

namespace gatehouse {
namespace {

unsigned char at(std::string_view text, std::size_t index) {
  return index < text.size() ? static_cast<unsigned char>(text[index]) : 0;
}

bool continues(unsigned char byte) {
  return (byte & 0xc0) == 0x80;
}

// Bytes of the well-formed character at `index` (RFC 3629 §4), or 0.
std::size_t character_length(std::string_view text, std::size_t index) {
  const unsigned char first = at(text, index);
  const unsigned char second = at(text, index + 1);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  if (first < 0xe0) return continues(second) ? 2 : 0;
  if (!continues(second) || !continues(at(text, index + 2))) return 0;
  if (first < 0xf0) {
    const bool overlong = first == 0xe0 && second < 0xa0;
    const bool surrogate = first == 0xed && second > 0x9f;
    return overlong || surrogate ? 0 : 3;
  }
  const bool overlong = first == 0xf0 && second < 0x90;
  const bool too_large = first == 0xf4 && second > 0x8f;
  return overlong || too_large || !continues(at(text, index + 3)) ? 0 : 4;
}

int hex_value(unsigned char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_escape(std::string& out, unsigned char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out += "\\u00";
      out += digits[c >> 4];
      out += digits[c & 15];
  }
}

/// ASCII that stands for itself in a JSON string: nearly every byte that is ever written.
constexpr std::array<bool, 256> stands_for_itself = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x20; c < 0x7f; ++c) table[c] = c != '"' && c != '\\';
  return table;
}();

}  // namespace

bool valid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = character_length(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::optional<std::string> from_form(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool good = true;
  for (std::size_t i = 0; i < text.size() && good; ++i) {
    if (text[i] == '%') {
      const int high = hex_value(at(text, i + 1));
      const int low = hex_value(at(text, i + 2));
      good = high >= 0 && low >= 0;
      if (good) out += static_cast<char>(high << 4 | low);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  if (good && out.find('\0') == std::string::npos && valid_utf8(out)) return out;
  wipe(out);
  return std::nullopt;
}

std::string printable(std::string_view header) {
  constexpr std::size_t longest = 256;
  std::string text(header.substr(0, longest));
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text;
}

void append_json_string(std::string& out, std::string_view text) {
  out.reserve(out.size() + text.size() + 2);
  out += '"';
  std::size_t plain = 0;  // where the run that can be copied as it is begins
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (stands_for_itself[c]) {
      ++i;
      continue;
    }
    const std::size_t length = character_length(text, i);
    if (length > 1) {
      i += length;
      continue;
    }
    out.append(text, plain, i - plain);
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else {
      append_escape(out, c);
    }
    plain = ++i;
  }
  out.append(text, plain);
  out += '"';
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all.append(all.empty() ? "" : " ").append(text);
  return all;
}

std::string concatenated(std::initializer_list<std::string_view> texts) {
  std::string all;
  for (const std::string_view text : texts) {
    all.append(std::to_string(text.size())).append(":").append(text);
  }
  return all;
}

}  // namespace gatehouse
