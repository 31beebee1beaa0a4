#pragma once

#include <string>
#include <string_view>

#include "core/secret.h"
#include "crypto/hash.h"
#include "crypto/keyring.h"

namespace gatehouse::crypto {

/// Characters behind the prefix: 43 of base62 for 256 random bits, 6 of base62 for the CRC-32.
inline constexpr std::size_t machine_secret_body = 49;

/// A new secret of a machine: `prefix` (with its underscore: "sec_", "pub_", "secret_"), 32 random
/// bytes in base62, and the CRC-32 of everything before it in base62, six characters.
Secret make_machine_secret(std::string_view prefix);

/// True if `text` has the prefix, the length, the alphabet and the check sum of such a secret: what
/// fails here needs no look-up. Says nothing about whether it was ever issued.
bool well_formed_machine_secret(std::string_view prefix, std::string_view text);

/// What is stored and looked up: HMAC-SHA-256 under the pepper.
Digest machine_secret_hash(const Keyring& keyring, std::string_view secret);

/// What may be shown of a stored secret: the first 16 hex digits of its hash.
std::string fingerprint(const Digest& digest);

}  // namespace gatehouse::crypto
