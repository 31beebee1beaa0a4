#pragma once

#include <memory>
#include <string>
#include <vector>

#include "auth/agent.h"
#include "auth/confirmation.h"
#include "core/time.h"

namespace gatehouse::auth {

/// What a caller proved its identity with. Values are bits, so that a rule can name several.
enum class Credential : unsigned {
  none = 0,
  public_key = 1,     ///< a tenant's `pub_` key
  secret_key = 2,     ///< a tenant's `sec_` key
  user_token = 4,     ///< a user's session JWT
  service_token = 8,  ///< a service's access token
};

/// public_key, secret_key, user or service; empty for none.
std::string_view credential_name(Credential credential);

/// Who is calling, as authenticated. Members that a credential does not prove are empty.
struct Principal {
  Credential credential = Credential::none;
  std::string tenant_id;   ///< of a key or user; of a service only where it is bound to one tenant
  std::string key_id;      ///< of an API key
  std::string user_id;     ///< of a user
  std::string session_id;  ///< of a user
  std::string client_id;   ///< of a service, also of one that acts for the user
  std::vector<std::string> scopes;  ///< of a service
  std::string token_id;             ///< `jti` of a token
  Time expires_at{};                ///< of a token
  Confirmation confirmation = {};   ///< what the token is bound to; has been shown
  std::shared_ptr<const Agent> agent =
      nullptr;  ///< of an agent, also of one that acts for the user

  bool is(Credential kind) const { return credential == kind; }
  bool has_scope(std::string_view scope) const;

  /// The id that names the caller in logs and audit rows: client, user or key; empty for a
  /// stranger.
  const std::string& id() const;
};

}  // namespace gatehouse::auth
