#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/agent.h"
#include "authentication.h"
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
  ServiceAuthentication authentication = {};
};

struct Credentials {
  std::string client_id;
  Secret client_secret;  ///< empty where the service does not authenticate by one
};

/// Makes a service with its scopes and its first secret, if it authenticates by one, in one
/// transaction. Throws CommandError.
Credentials register_service(Session& session, const NewService& service);

/// The same, and shows the credentials this once; or writes them to the new file `path` (mode 0600,
/// JSON with client_id and client_secret) and shows only the id.
void register_and_hand_out(const Environment& environment, const NewService& service,
                           const std::string& path);

}  // namespace gatehouse::cli
