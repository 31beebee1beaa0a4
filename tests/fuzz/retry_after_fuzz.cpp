#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "egress/retry_after.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto span = egress::retry_after(text, from_unix_seconds(1'795'000'000));
  if (span && (span->count() < 0 || *span > std::chrono::days(365))) std::abort();
  return 0;
}
