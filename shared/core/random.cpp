#include "core/random.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "core/secret.h"

namespace gatehouse {
namespace {

void from_kernel(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got > 0) {
      out = out.subspan(static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "getrandom");
    }
  }
}

void wipe_bytes(std::span<std::byte> bytes) {
  wipe({reinterpret_cast<char*>(bytes.data()), bytes.size()});
}

class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { wipe_bytes(bytes_); }

  void take(std::span<std::byte> out) {
    if (out.size() > bytes_.size() - used_) {
      from_kernel(bytes_);
      used_ = 0;
    }
    const auto part = std::span(bytes_).subspan(used_, out.size());
    std::memcpy(out.data(), part.data(), part.size());
    wipe_bytes(part);
    used_ += part.size();
  }

 private:
  std::array<std::byte, 4096> bytes_{};
  std::size_t used_ = 4096;
};

thread_local Buffer buffer;

}  // namespace

void random_bytes(std::span<std::byte> out) {
  // Long requests gain nothing from the buffer and would throw most of it away.
  if (out.size() > 1024) return from_kernel(out);
  if (!out.empty()) buffer.take(out);
}

}  // namespace gatehouse
