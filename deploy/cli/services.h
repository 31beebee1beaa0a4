#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/agent.h"
#include "core/secret.h"
#include "session.h"

namespace gatehouse::cli {

/// Of whom manages services, tenants and all scopes.
inline constexpr std::string_view admin_scope = "internal:admin";

struct NewService {
  std::string name;
  std::string description;
  std::optional<std::string> tenant_id, system_id, env;
  std::vector<std::string> scopes;
  std::optional<auth::Thresholds> agent = {};  ///< absent: it is none
};

struct Credentials {
  std::string client_id;
  Secret client_secret;
};

/// Makes a service with its first secret and its scopes, in one transaction. Throws CommandError.
Credentials register_service(Session& session, const NewService& service);

/// The same, and shows the credentials this once; or writes them to the new file `path` (mode 0600,
/// JSON with client_id and client_secret) and shows only the id.
void register_and_hand_out(const Environment& environment, const NewService& service,
                           const std::string& path);

/// True for a scope-token of RFC 6749 §3.3 of at most 128 characters.
bool valid_scope(std::string_view scope);

}  // namespace gatehouse::cli
