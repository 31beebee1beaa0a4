#pragma once

#include "core/settings.h"
#include "core/time.h"
#include "crypto/keyring.h"

namespace gatehouse::webhooks {

/// The jobs `deliver`, which works until SIGTERM or SIGINT, and `deliver --once`, for cron. Prints
/// what it did as a line of JSON. Throws what Dispatcher throws.
void deliver(const Settings& settings, const crypto::Keyring& keyring, const Clock& clock,
             bool once);

}  // namespace gatehouse::webhooks
