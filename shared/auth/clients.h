#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/agent.h"
#include "auth/cache.h"
#include "auth/epoch.h"
#include "core/time.h"

namespace gatehouse::auth {

/// What a token's acceptance depends on, of the client that it was issued to.
struct Client {
  bool active = false;
  std::string tenant_id;  ///< empty: a platform service, bound to no tenant
  std::vector<std::string> scopes;
  std::optional<Time> tokens_valid_from;  ///< tokens issued before are revoked
  std::shared_ptr<const Agent> agent;     ///< null: the client is none
};

/// The clients, as cached as the epoch allows. Thread-safe.
class Clients {
 public:
  Clients(EpochWatch& epochs, std::size_t entries) : epochs_(epochs), cache_(entries) {}

  /// Null for an unknown client. One round trip where it is not cached.
  Cache<Client>::Pointer find(std::string_view client_id, db::Connection& connection);

 private:
  EpochWatch& epochs_;
  Cache<Client> cache_;
};

}  // namespace gatehouse::auth
