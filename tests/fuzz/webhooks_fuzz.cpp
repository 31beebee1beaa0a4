#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/error.h"
#include "webhooks/delivery.h"
#include "webhooks/event.h"
#include "webhooks/pattern.h"

namespace {

using namespace gatehouse;

/// What the names of event types consist of, whatever the parser thinks of it.
void check_names(std::string_view text) {
  const bool type = webhooks::is_event_type(text), pattern = webhooks::is_pattern(text);
  if (type && !pattern) std::abort();
  if (!pattern) return;
  if (text.empty() || text.size() > webhooks::longest_event_type) std::abort();
  if (text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.*") != text.npos) std::abort();
  const auto star = text.find('*');
  if (type == (star != text.npos)) std::abort();
  if (!type && star + 1 != text.size()) std::abort();
  if (text.find("..") != text.npos || text.front() == '.' || text.back() == '.') std::abort();
}

/// A cursor that is taken is one that is given out, but for zeros in front.
template <typename Parse>
void check_cursor(std::string_view text, Parse parse) {
  try {
    const std::string again = webhooks::cursor_text(parse(text));
    if (again.size() > text.size() || webhooks::cursor_text(parse(again)) != again) std::abort();
  } catch (const Failure& failure) {
    if (failure.status() != 400) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_names(text);
  check_cursor(text, webhooks::parse_cursor);
  check_cursor(text, webhooks::parse_delivery_cursor);
  return 0;
}
