#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/agent.h"
#include "core/time.h"
#include "crypto/hash.h"

namespace gatehouse::tokens {

/// A client as it is kept in memory: all that issuing a token to it needs, and no secret in the
/// clear. Empty texts are what the client does not have.
struct Client {
  struct SecretHash {
    crypto::Digest hash;
    std::optional<Time> expires_at;
  };

  std::string client_id;
  bool active = false;  ///< neither it nor the tenant that it is bound to is disabled
  std::string tenant_id, system_id, env;
  std::vector<std::string> scopes;           ///< what it has been granted, sorted
  std::string scope;                         ///< the same, joined by spaces
  std::vector<std::string> audiences;        ///< whom its tokens may be for; never empty
  std::string default_audience;              ///< the one where a request names none
  std::shared_ptr<const auth::Agent> agent;  ///< null: it is none
  std::chrono::seconds token_lifetime{};
  std::vector<SecretHash> secrets;
  Time read_at{};  ///< when it was read from the database
};

}  // namespace gatehouse::tokens
