#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "core/settings.h"

namespace gatehouse::cli {

/// How a new service proves who it is, as its row says it (functions/services/authentication.h).
struct ServiceAuthentication {
  std::optional<std::string> method, jwks, jwks_uri, certificate_check, certificate_value;
  bool dpop_bound = false;

  bool by_secret() const { return !method || method->starts_with("client_secret"); }
};

/// The URL as the functions will ask for it. Throws CommandError where outgoing calls may not go
/// there.
std::string require_key_url(const Settings& settings, const std::string& url);

/// The options of it. What they name is read when the command runs: finish() then.
class AuthenticationOptions {
 public:
  void add_to(CLI::App& command);
  /// Throws CommandError for a method that lacks what it needs, and for keys that are none.
  ServiceAuthentication finish() const;

 private:
  std::string method_, jwks_file_, jwks_uri_;
  std::optional<std::string> subject_dn_, san_dns_, san_uri_, sha256_;
  bool dpop_ = false;
};

}  // namespace gatehouse::cli
