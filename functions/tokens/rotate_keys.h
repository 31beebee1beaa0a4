#pragma once

#include <string>
#include <vector>

#include "core/settings.h"
#include "core/time.h"
#include "crypto/keyring.h"
#include "db/connection.h"

namespace gatehouse::tokens {

/// A key that a rotation has made, and what it will sign for.
struct MadeKey {
  std::string tenant_id;  ///< whose issuer's; empty: the platform's
  std::string kid;
  Time signs_from;
};

/// Gives every issuer whose newest signing key is older than `signing_key_days` a new one, as
/// auth::plan_rotation says; also the platform its first. Each is a transaction of its own with its
/// audit row. Whoever runs this again, or at once with another, finds nothing to do. `connection`
/// is of this function's role. Throws what Transaction throws; what was made until then stays.
std::vector<MadeKey> rotate_keys(db::Connection& connection, const Settings& settings,
                                 const crypto::Keyring& keyring, const Clock& clock);

/// The line that the job prints: {"rotated": [{"issuer", "kid", "signs_from"} ...]}.
std::string describe(const std::vector<MadeKey>& made, const Settings& settings);

}  // namespace gatehouse::tokens
