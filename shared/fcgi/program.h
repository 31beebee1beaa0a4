#pragma once

#include <functional>
#include <map>
#include <string_view>

#include "audit/journal.h"
#include "auth/authenticator.h"
#include "core/settings.h"
#include "core/time.h"
#include "crypto/keyring.h"
#include "db/connection.h"
#include "http/route.h"
#include "limits/policies.h"

namespace gatehouse::fcgi {

/// What every function is given when it starts; it lives as long as the process. All of it is
/// thread-safe.
struct Platform {
  const Settings& settings;
  const Clock& clock;
  const crypto::Keyring& keyring;
  auth::Authenticator& authenticator;  ///< tokens, keys and clients, with their caches
  audit::Journals& journals;           ///< token issuance and access log, written in batches
  const limits::Policies& policies = limits::Policies::shipped();  ///< delays and quotas
};

/// A function: what its main.cpp says of it.
struct Function {
  std::string_view
      name;  ///< `tenants`: the binary is gatehouse-tenants, its role gatehouse_tenants
  std::function<http::Routes(Platform&)> routes;
  bool signs_tokens = false;  ///< its role may read the private halves of the signing keys
  /// Jobs by name, for cron; one that can be done in another way too is there twice, as `deliver`
  /// and `deliver --once`. Each prints one line of JSON that says what it did.
  std::map<std::string_view, std::function<void(Platform&, db::Connection&)>> jobs = {};
};

/// The whole of a function's main(). argv and fd 0 say how the binary was started: FastCGI on a
/// listening socket at fd 0 or on `--listen PATH`, plain CGI for one request (RFC 3875), or a
/// one-shot job. Also
/// `--routes` (the route table as JSON), `--version` and `--help`. Returns the exit code:
/// 0 done, 1 failed, 2 wrong usage or settings.
int run(const Function& function, int argc, char** argv);

}  // namespace gatehouse::fcgi
