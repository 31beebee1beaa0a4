#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/encoding.h"
#include "core/error.h"
#include "http/input.h"

// Forms and queries are refused with Failure 400, or their names and values are UTF-8 without NULs.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse;  // NOLINT
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const http::FormPairs pairs = http::parse_form(text);
    if (pairs.size() > 32) std::abort();
    for (const auto& [name, value] : pairs) {
      if (!valid_utf8(name) || !valid_utf8(value)) std::abort();
      if ((name + value).find('\0') != std::string::npos) std::abort();
    }
    const http::Page page = http::read_page(http::Query(text, {"limit", "cursor"}), "usr_");
    if (page.limit < 1 || page.limit > 1000 || page.after.size() > 30) std::abort();
  } catch (const Failure& failure) {
    if (failure.status() != 400 || !valid_utf8(failure.error())) std::abort();
  }
  return 0;
}
