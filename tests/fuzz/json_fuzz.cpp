#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/encoding.h"
#include "json/parse.h"
#include "json/write.h"

// Any bytes are either refused with ParseError or become a value that is written and read back
// unchanged.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse;  // NOLINT
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string written;
  try {
    written = json::to_text(json::parse(text));
  } catch (const json::ParseError&) {
    return 0;
  }
  if (!valid_utf8(written) || json::to_text(json::parse(written)) != written) std::abort();
  return 0;
}
