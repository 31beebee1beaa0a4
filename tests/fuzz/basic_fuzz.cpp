#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "auth/basic.h"
#include "core/encoding.h"

namespace {

void check(std::string_view header) {
  const auto credentials = gatehouse::auth::parse_basic(header);
  if (!credentials) return;
  if (credentials->id.empty()) std::abort();
  for (const std::string_view half :
       {std::string_view(credentials->id), credentials->secret.reveal()}) {
    if (!gatehouse::valid_utf8(half)) std::abort();
    if (std::ranges::any_of(half, [](char c) { return c >= 0 && c < ' '; })) std::abort();
  }
}

}  // namespace

// The bytes as a header, and as the pair inside one, since base64 hides the pair from the fuzzer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text);
  check("Basic " + gatehouse::to_base64(gatehouse::as_bytes(text)));
  return 0;
}
