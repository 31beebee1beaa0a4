#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/secret.h"
#include "core/time.h"

namespace gatehouse::webhooks {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// Proves to a receiver who sends `body` and what: `X-Signature` is the lower-case hex HMAC-SHA-256
/// of the body under the whole text of the secret, and nothing else; the others are those of
/// Standard Webhooks 1.0 - `webhook-id`, `webhook-timestamp` (Unix seconds) and
/// `webhook-signature`, `v1,<base64>` of `id.timestamp.body`, where `previous` secret adds a second
/// one behind a space while it still counts. Empty `previous`: none does.
Headers sign(std::string_view event_id, Time now, std::string_view body, const Secret& secret,
             const Secret& previous);

}  // namespace gatehouse::webhooks
