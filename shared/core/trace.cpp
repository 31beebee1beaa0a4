#include "core/trace.h"

#include <array>

#include "core/encoding.h"
#include "core/random.h"

namespace gatehouse {
namespace {

bool lower_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == text.npos;
}

/// An id: so many lower-case hex digits, of which one at least is not zero.
bool is_id(std::string_view text, std::size_t digits) {
  return text.size() == digits && lower_hex(text) && text.find_first_not_of('0') != text.npos;
}

}  // namespace

bool is_trace_id(std::string_view text) {
  return is_id(text, 32);
}

std::string make_trace_id() {
  std::array<std::byte, 16> bytes;
  random_bytes(bytes);
  return to_hex(bytes);
}

std::string_view trace_id_of(std::string_view traceparent) {
  constexpr std::size_t known = 55;  // version 2, trace 32, parent 16, flags 2, and three dashes
  if (traceparent.size() < known) return {};
  const std::string_view version = traceparent.substr(0, 2);
  const std::string_view trace = traceparent.substr(3, 32);
  const std::string_view flags = traceparent.substr(53, 2);
  const bool dashed = traceparent[2] == '-' && traceparent[35] == '-' && traceparent[52] == '-';
  if (!dashed || !lower_hex(version) || version == "ff" || !lower_hex(flags)) return {};
  if (!is_trace_id(trace) || !is_id(traceparent.substr(36, 16), 16)) return {};
  if (traceparent.size() > known && (version == "00" || traceparent[known] != '-')) return {};
  return trace;
}

}  // namespace gatehouse
