#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/settings.h"
#include "core/time.h"
#include "crypto/keyring.h"
#include "crypto/signing.h"
#include "db/connection.h"

/// A tenant's own issuer, `{issuer}/t/{tenant}`. The transaction must have the scope of the tenant,
/// which must exist. Both are idempotent.
namespace gatehouse::tenants {

/// A new issuer's first key signs once every function knows it; until then the platform's keys do.
/// `now` must not be older than the transaction: it begins the notice.
/// Returns the kid; nothing where the tenant has an issuer, and then `key` is not needed.
std::optional<std::string> open_issuer(db::Transaction& transaction, const Settings& settings,
                                       const crypto::Keyring& keyring, std::string_view tenant_id,
                                       const crypto::PrivateKey& key, Time now);

/// Its keys sign nothing more, and verify until their last token has expired.
void close_issuer(db::Transaction& transaction, const Settings& settings,
                  std::string_view tenant_id, Time now);

}  // namespace gatehouse::tenants
