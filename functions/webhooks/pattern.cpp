#include "webhooks/pattern.h"

#include <algorithm>

namespace gatehouse::webhooks {
namespace {

constexpr int most_words = 4;

bool is_word(std::string_view text) {
  const auto belongs = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && text.front() >= 'a' && text.front() <= 'z' &&
         std::ranges::all_of(text, belongs);
}

/// The number of words, 0 where it is no words with dots between them.
int words_in(std::string_view text) {
  for (int words = 1;; ++words) {
    const auto dot = text.find('.');
    if (!is_word(text.substr(0, dot))) return 0;
    if (dot == std::string_view::npos) return words;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace

bool is_event_type(std::string_view text) {
  if (text.size() > longest_event_type) return false;
  const int words = words_in(text);
  return words >= 2 && words <= most_words;
}

bool is_pattern(std::string_view text) {
  if (text.size() > longest_event_type) return false;
  if (!text.ends_with(".*")) return text == "*" || is_event_type(text);
  const int words = words_in(text.substr(0, text.size() - 2));
  return words >= 1 && words < most_words;
}

}  // namespace gatehouse::webhooks
