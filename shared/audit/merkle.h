#pragma once

#include <span>
#include <string_view>

#include "crypto/hash.h"

namespace gatehouse::audit {

/// The Merkle tree of RFC 6962 §2.1 over SHA-256. Leaves and inner nodes are hashed with different
/// first bytes (0x00, 0x01), so that neither passes for the other.
crypto::Digest leaf_hash(std::string_view leaf);

/// The root over leaf hashes in their order; of none it is the hash of the empty string.
crypto::Digest merkle_root(std::span<const crypto::Digest> leaves);

}  // namespace gatehouse::audit
