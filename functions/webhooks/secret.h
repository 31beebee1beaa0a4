#pragma once

#include <span>
#include <string_view>

#include "core/encoding.h"
#include "core/secret.h"
#include "crypto/keyring.h"

namespace gatehouse::webhooks {

/// What is shown of a signing secret begins so.
inline constexpr std::string_view secret_prefix = "whsec_";

/// A new signing secret: `whsec_` and 48 letters and digits, which are the base64 of 36 random
/// bytes. `X-Signature` is keyed with the whole text, as everybody's HMAC tool does it;
/// `webhook-signature` with those bytes, as libraries of Standard Webhooks do it, which decode what
/// follows the prefix.
Secret make_signing_secret();

/// The key of `webhook-signature`.
Secret standard_key(const Secret& secret);

/// As it is stored: sealed, and of use for that endpoint alone.
Bytes seal_secret(const crypto::Keyring& keyring, std::string_view endpoint_id,
                  const Secret& secret);
/// Throws crypto::SealError.
Secret open_secret(const crypto::Keyring& keyring, std::string_view endpoint_id,
                   std::span<const std::byte> sealed);

}  // namespace gatehouse::webhooks
