#pragma once

#include <string>
#include <string_view>

#include "core/time.h"
#include "crypto/keyring.h"
#include "webhooks/queue_store.h"
#include "webhooks/signature.h"

namespace gatehouse::webhooks {

/// `{"id", "type", "timestamp", "data"}` of an event: the same bytes whenever it is sent. `data` is
/// as whoever published it wrote it.
std::string body_of(const store::Message& message);

/// The headers of signature.h, with the endpoint's secrets. Throws crypto::SealError.
Headers sign(const store::Message& message, Time now, std::string_view body,
             const crypto::Keyring& keyring);

/// What a receiver answered, as PostgreSQL can keep it: its text holds no NUL.
std::string storable(std::string_view answer);

}  // namespace gatehouse::webhooks
