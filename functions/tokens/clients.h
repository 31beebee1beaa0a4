#pragma once

#include <functional>
#include <string_view>

#include "auth/authenticator.h"
#include "auth/cache.h"
#include "core/settings.h"
#include "core/time.h"
#include "crypto/keyring.h"
#include "db/connection.h"
#include "tokens/client.h"

namespace gatehouse::tokens {

/// Lifetimes that a client can be given; what lies outside is moved to the nearer bound.
inline constexpr std::chrono::seconds shortest_service_token{60}, longest_service_token{3600};

/// Authenticates clients (RFC 6749 §2.3) from memory: once a client has been read it costs no round
/// trip until the epoch of clients changes. Bounded, thread-safe.
///
/// A yes is believed as long as the epoch stands; a no for one second, since a new client and a
/// second secret do not advance the epoch. So every refusal takes the same steps, whether the
/// client exists or not, and nobody can make the database work by sending wrong credentials. A
/// secret that was made a moment ago works at once, unless a wrong one came just before it.
class Clients {
 public:
  Clients(const Settings& settings, const crypto::Keyring& keyring, auth::Authenticator& platform)
      : settings_(settings),
        keyring_(keyring),
        epochs_(platform.epochs()),
        usage_(platform.usage()),
        cache_(static_cast<std::size_t>(settings.cache_entries)) {}

  using Pointer = auth::Cache<Client>::Pointer;

  /// Whether what a request shows is this client's, which may be one that does not exist.
  using Proves = std::function<bool(const Client&)>;

  /// Null where the client is unknown or disabled, or what was shown is not its own; it does not
  /// say which. Who is believed has been used. Throws db::Unavailable.
  Pointer authenticate(std::string_view client_id, db::Connection& connection, Time now,
                       const Proves& proves);

  /// The same by a secret, for clients whose method is `secret` or `way`.
  Pointer authenticate(std::string_view client_id, std::string_view secret, Client::Method way,
                       db::Connection& connection, Time now);

 private:
  Pointer find(std::string_view client_id, db::Connection& connection, Time now,
               const Proves& proves);
  Pointer load(std::string_view client_id, db::Connection& connection, Time now, std::int64_t epoch,
               const Proves& proves);

  const Settings& settings_;
  const crypto::Keyring& keyring_;
  auth::EpochWatch& epochs_;
  auth::Usage& usage_;
  auth::Cache<Client> cache_;
};

}  // namespace gatehouse::tokens
