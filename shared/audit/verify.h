#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "audit/chain.h"
#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::audit {

struct Verification {
  /// Only the rows of this trail (empty: the platform's); seals are checked all the same.
  std::optional<std::string> tenant_id;
  /// Only rows of seals whose latest row is not older.
  std::optional<Time> since;
  std::string seal_file;  ///< empty: none
  int audit_days;         ///< rows older than that may have been dropped
  Time now;
};

struct Report {
  std::int64_t seals = 0, rows = 0;
  std::int64_t expired = 0;   ///< rows that were sealed and have been dropped since
  std::int64_t unsealed = 0;  ///< rows that no seal covers yet
  std::int64_t filed = 0;     ///< seals that the file knows
  std::string covers;         ///< of an export: what it says it covers
  Findings findings;
};

/// Compares every row with the seals, every seal with the one before it, and the seals with the
/// file. As a role that sees all tenants. What no seal covers yet cannot be verified. Throws
/// SealFileError and what the db room throws.
Report verify_trail(db::Connection& connection, const jose::KeySet& keys,
                    const Verification& asked);

}  // namespace gatehouse::audit
