#include "gate/path.h"

#include <algorithm>
#include <string>

namespace gatehouse::gate {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// With what `%XX` stand for; one that stands for nothing stays as it is.
std::string decoded(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const bool escape = text.size() > 2 && text.front() == '%';
    const int high = escape ? hex_digit(text[1]) : -1, low = escape ? hex_digit(text[2]) : -1;
    const bool stands_for = high >= 0 && low >= 0;
    plain += stands_for ? static_cast<char>(high * 16 + low) : text.front();
    text.remove_prefix(stands_for ? 3 : 1);
  }
  return plain;
}

/// Splits for one reader, or is dropped, and is a part of a name for another.
bool is_doubtful(char c) {
  return c == '/' || c == '\\' || c == ';' || (c >= 0 && c < ' ') || c == 0x7f;
}

}  // namespace

bool has_one_reading(std::string_view path) {
  if (!path.starts_with('/') || path.find('#') != path.npos) return false;
  path.remove_prefix(1);
  while (true) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string segment = decoded(path.substr(0, end));
    if (segment == "." || segment == ".." || std::ranges::any_of(segment, is_doubtful)) {
      return false;
    }
    if (end == path.size()) return true;
    if (segment.empty()) return false;
    path.remove_prefix(end + 1);
  }
}

}  // namespace gatehouse::gate
