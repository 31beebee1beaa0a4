#pragma once

#include <string>

#include "commands.h"
#include "core/settings.h"
#include "core/time.h"
#include "crypto/keyring.h"
#include "db/connection.h"

namespace gatehouse::cli {

/// Settings and a connection as `gatehouse_<role>`, for one command.
class Session {
 public:
  explicit Session(const Environment& environment, std::string_view role = "operator");

  const Settings settings;
  const Time now;
  db::Connection connection;

  /// Throws KeyringError.
  crypto::Keyring keyring() const { return crypto::Keyring::load(settings.keyring_file); }
};

/// What an operator changed: queues its row of the audit trail, and its event, into the change's
/// own transaction.
struct Change {
  std::string_view event;  ///< `service.registered`
  std::string_view resource_type;
  std::string resource_id;
  std::string tenant_id;      ///< empty: the platform's
  std::string detail = "{}";  ///< JSON object
  bool told = true;           ///< false: it concerns nobody else, and raises no event
};
void record(db::Transaction& transaction, const Change& change, Time now);

/// The operating-system user who runs this, also behind sudo: `alice`, or `alice (as root)`.
std::string operator_name();

}  // namespace gatehouse::cli
