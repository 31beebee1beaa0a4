#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/secret.h"
#include "core/time.h"
#include "crypto/keyring.h"
#include "db/connection.h"

namespace gatehouse::auth {

/// Living secrets that a client can have.
inline constexpr std::size_t most_client_secrets = 10;
/// For how long the secrets before work on after a rotation, unless it says otherwise.
inline constexpr std::chrono::seconds usual_secret_grace{86400}, longest_secret_grace{30 * 86400};
/// What a secret can be given to live; without a lifetime it does until it is replaced.
inline constexpr std::chrono::seconds shortest_secret_life{60}, longest_secret_life{3650LL * 86400};

/// A secret as it is kept: never the secret itself.
struct ClientSecret {
  std::string id;  ///< `sct_...`
  Time created_at{};
  std::optional<Time> expires_at;    ///< absent: never
  std::optional<Time> last_used_at;  ///< to the minute; absent: never
};

struct NewClientSecret {
  ClientSecret kept;
  Secret text;  ///< shown this once
};

/// A client and its secrets that have not expired, the newest first.
struct SecretHolder {
  std::string tenant_id;     ///< empty: it is bound to none
  bool needs_secret = true;  ///< false where it authenticates in another way
  std::vector<ClientSecret> secrets;

  const ClientSecret* find(std::string_view secret_id) const;
};

/// None where there is no such client. One round trip.
std::optional<SecretHolder> find_secret_holder(db::Connection& connection,
                                               std::string_view client_id, Time now);

/// What follows needs a transaction with the platform's scope, and the holder locked in it: no
/// other transaction then adds or takes a secret of the client. Bounds are the callers' to keep.

std::optional<SecretHolder> lock_secret_holder(db::Transaction& transaction,
                                               std::string_view client_id, Time now);

/// Makes a secret, hashed under the pepper.
NewClientSecret add_client_secret(db::Transaction& transaction, const crypto::Keyring& keyring,
                                  std::string_view client_id,
                                  std::optional<std::chrono::seconds> lifetime, Time now);

/// The secret no longer works within a second, whatever the clocks of other hosts say: it is gone.
void remove_client_secret(db::Transaction& transaction, std::string_view client_id,
                          std::string_view secret_id);

/// All secrets but `kept` end after `grace`, those that were to end sooner still do; with no grace
/// they are gone. Nobody has to come back to it.
void end_other_client_secrets(db::Transaction& transaction, std::string_view client_id,
                              std::string_view kept, std::chrono::seconds grace, Time now);

/// A secret that ends soon.
struct ExpiringSecret {
  std::string id, client_id, tenant_id;
  Time expires_at{};
};

/// At most so many secrets that end within `notice` and have not been told of; each is returned
/// once, to whoever commits. Leaves out what somebody else is at.
std::vector<ExpiringSecret> take_expiring_secrets(db::Transaction& transaction,
                                                  std::chrono::seconds notice, int most, Time now);

/// `{"client_id", "secret_id", "expires_at"}`: what audit rows and events say of a secret. Empty
/// members are left out.
std::string describe_secret(std::string_view client_id, std::string_view secret_id,
                            std::optional<Time> expires_at);
/// `{"client_id", "secret_id", "grace_seconds", "replaced": [ids]}`.
std::string describe_secret_rotation(std::string_view client_id, std::string_view secret_id,
                                     std::chrono::seconds grace,
                                     const std::vector<ClientSecret>& replaced);

}  // namespace gatehouse::auth
