#include "http/input_text.h"

#include <algorithm>

namespace gatehouse::http {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
}

bool is_atom_character(char c) {
  return is_alphanumeric(c) ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_local_part(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  if (text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::ranges::all_of(text, [](char c) { return c == '.' || is_atom_character(c); });
}

bool is_label(std::string_view text) {
  if (text.empty() || text.size() > 63) return false;
  if (text.front() == '-' || text.back() == '-') return false;
  return std::ranges::all_of(text, [](char c) { return c == '-' || is_alphanumeric(c); });
}

bool is_domain(std::string_view text) {
  std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return false;
  for (; dot != std::string_view::npos; dot = text.find('.')) {
    if (!is_label(text.substr(0, dot))) return false;
    text.remove_prefix(dot + 1);
  }
  // A top-level label of digits would be an IPv4 address without its brackets.
  return is_label(text) && !std::ranges::all_of(text, is_digit);
}

}  // namespace

bool is_email(std::string_view text) {
  const std::size_t at = text.find('@');
  return at != std::string_view::npos && text.size() <= 254 && is_local_part(text.substr(0, at)) &&
         is_domain(text.substr(at + 1));
}

std::string displayed_name(std::string_view name) {
  constexpr std::size_t longest = 40;
  std::string shown(name.substr(0, longest));
  for (char& c : shown) {
    if (c < ' ' || c > '~' || c == '"' || c == '\\') c = '?';
  }
  return name.size() > longest ? shown + "..." : shown;
}

std::string allowed_names(std::string_view what, std::initializer_list<std::string_view> allowed) {
  if (allowed.size() == 0) return "Leave it out: this request takes no " + std::string(what) + '.';
  std::string text = "Correct its name or leave it out. Allowed " + std::string(what) + ": ";
  for (const std::string_view name : allowed) text.append(name).append(", ");
  text.resize(text.size() - 2);
  return text += '.';
}

}  // namespace gatehouse::http
