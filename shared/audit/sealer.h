#pragma once

#include <cstdint>
#include <string>

#include "core/time.h"
#include "crypto/keyring.h"
#include "db/connection.h"

namespace gatehouse::audit {

struct Sealing {
  std::int64_t seals = 0, rows = 0;
  std::int64_t filed = 0;    ///< seals that were appended to the file, also those of runs before
  std::int64_t waiting = 0;  ///< rows that a transaction which still runs keeps from being sealed
  bool complete = false;     ///< false where another program is sealing
};

/// Seals every row whose transaction, and every transaction before it, has ended. In batches of
/// about 5000 rows, each a transaction; then what the file (empty: none) lacks is appended to it.
/// May be killed at any moment: a batch is sealed whole or not at all, and the next run appends
/// what the file lacks. Two at once are safe: one seals, the other ends at once.
///
/// Throws SealsTampered where the newest seal is not one of ours, the file knows a seal that the
/// database does not, or the database's transaction ids lie behind those that are sealed (it was
/// restored from a dump); SealFileError; and what the db room throws.
Sealing seal_trail(db::Connection& connection, const crypto::Keyring& keyring,
                   const std::string& file, const Clock& clock);

}  // namespace gatehouse::audit
