#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/encoding.h"
#include "core/secret.h"

namespace gatehouse::crypto {

/// A key of AES-256-GCM: 32 bytes, and the id under which sealed bytes name it.
struct SealKey {
  std::string id;
  Secret key;
};

inline constexpr std::size_t max_seal_id = 32;

/// See Keyring::seal for the format. The head (version, key id) is authenticated along with
/// `associated_data`.
Bytes seal_with(const SealKey& key, std::string_view plain, std::string_view associated_data);

/// Throws SealError (keyring.h).
Secret open_with(std::span<const SealKey> keys, std::span<const std::byte> sealed,
                 std::string_view associated_data);

}  // namespace gatehouse::crypto
