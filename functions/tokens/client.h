#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/agent.h"
#include "core/time.h"
#include "crypto/hash.h"
#include "jose/jws.h"

namespace gatehouse::tokens {

/// A client as it is kept in memory: all that issuing a token to it needs, and no secret in the
/// clear. Empty texts are what the client does not have.
struct Client {
  struct SecretHash {
    std::string id;
    crypto::Digest hash;
    std::optional<Time> expires_at;
  };

  /// By what the client shows who it is; nothing else is believed of it.
  enum class Method { secret, basic_secret, posted_secret, key, certificate };

  std::string client_id;
  bool active = false;  ///< neither it nor the tenant that it is bound to is disabled
  std::string tenant_id, system_id, env;
  std::vector<std::string> scopes;  ///< what it has been granted, wildcards too; sorted
  std::optional<std::vector<std::string>> default_scopes;  ///< absent: all that are no wildcards
  std::string scope;                   ///< of a token where none is asked for, joined by spaces
  std::string custom_claims;           ///< members of a JSON object, without its braces
  std::vector<std::string> audiences;  ///< whom its tokens may be for; never empty
  std::string default_audience;        ///< the one where a request names none
  std::shared_ptr<const auth::Agent> agent;  ///< null: it is none
  std::chrono::seconds token_lifetime{};
  Method method = Method::secret;  ///< `secret`: sent either way
  std::vector<SecretHash> secrets;
  jose::KeySet keys;     ///< that verify its assertions
  std::string jwks_uri;  ///< where it publishes them itself
  struct Certificate {
    std::string check, value;  ///< what of it has to be what: columns certificate_* of its row
  };
  Certificate certificate;
  bool dpop_bound = false;  ///< it gets no token but one bound to a key
  Time read_at{};           ///< when it was read from the database
  bool refused = false;     ///< what was shown when it was read did not fit
};

}  // namespace gatehouse::tokens
