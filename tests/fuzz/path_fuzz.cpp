#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gate/path.h"

// Whatever has one reading holds none of what upstreams disagree about, written as it is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view path(reinterpret_cast<const char*>(data), size);
  if (!gatehouse::gate::has_one_reading(path)) return 0;
  for (const std::string_view doubtful : {"//", "/./", "/../", "\\", ";", "\n", "%2f", "%5C"}) {
    if (path.find(doubtful) != path.npos) std::abort();
  }
  if (!path.starts_with('/') || path.ends_with("/..") || path.ends_with("/.")) std::abort();
  return 0;
}
