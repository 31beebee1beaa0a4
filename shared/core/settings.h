#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse {

/// Everything an operator can set. One line `name = value` of the settings file each; the
/// environment variable GATEHOUSE_<NAME> wins over the file. Defaults are for development.
struct Settings {
  std::string database = "host=/run/postgresql dbname=gatehouse";  ///< libpq conninfo without user
  bool prepared_statements = true;  ///< false behind PgBouncer's transaction pooling
  std::chrono::milliseconds database_timeout{
      1500};  ///< one request's database work, connect included
  std::string keyring_file = "/etc/gatehouse/keyring";  ///< pepper and sealing keys, mode 0600

  std::string issuer =
      "http://localhost:8080";              ///< `iss`, and the base of every URL; never from Host
  std::string audience = "gatehouse";       ///< `aud` of a token whose request names none
  std::string signing_algorithm = "ES256";  ///< of the next key made: ES256, EdDSA, RS256, HS256
  int signing_key_days = 90;  ///< a key older than this is rotated (gatehouse-tokens rotate-keys)
  std::chrono::seconds service_token_lifetime{300};
  std::chrono::seconds user_token_lifetime{86400};
  std::string custom_claims;             ///< names of claims that clients may have; comma-separated
  std::string scope_catalogue = "open";  ///< open, closed: only what it lists can be granted
  std::chrono::seconds jwks_max_age{300};  ///< a new key is published this long before it signs

  std::string tenant_signup = "closed";  ///< open, allowlist, closed
  std::string tenant_signup_allowlist;   ///< comma-separated addresses or CIDR networks

  int threads = 0;          ///< request threads; 0 = two per core
  int hashing_threads = 0;  ///< password-hashing threads; 0 = one per core
  int hashing_queue = 256;  ///< requests that may wait for a hashing thread; beyond: 503
  int argon2_memory_kib = 19456;
  int argon2_passes = 2;

  std::chrono::milliseconds cache_refresh{250};     ///< how often the epoch is read
  std::chrono::milliseconds cache_max_stale{1000};  ///< beyond this, caches are not believed
  std::string limits_file;                          ///< empty: the limits that are built in
  int cache_entries = 65536;                        ///< bound of each cache
  int journal_entries = 65536;                      ///< rows that may wait for the database

  std::chrono::seconds idempotency_retention{259200};  ///< how long a resend is recognized
  std::chrono::seconds session_retention{86400};       ///< after its end
  std::chrono::seconds credential_retention{0};        ///< after its end
  std::chrono::seconds quota_retention{604800};        ///< after the last use
  std::chrono::seconds secret_expiry_notice{1209600};  ///< before a client secret's end
  int access_log_days = 30;
  int token_journal_days = 30;
  int audit_days = 400;
  int event_days = 30;
  std::string audit_seal_file;  ///< seals of the audit log are appended to it; empty: nowhere
  std::string egress_ports = "443,8443";     ///< that outgoing calls may go to; ranges as `a-b`
  std::string egress_allow_cidrs;            ///< not public, but may be called; comma-separated
  std::string egress_own_sockets;            ///< never called; `address:port`, comma-separated
  bool egress_allow_http = false;            ///< outgoing calls in the clear, for development
  std::string egress_ca_file;                ///< trusted by outgoing calls; empty: the system's
  std::chrono::seconds webhook_timeout{15};  ///< of one delivery, DNS to the answer's end
  std::string webhook_retries = "10s,60s,6m,36m,216m";  ///< after each failure; then: dead letter
  std::chrono::seconds webhook_park_after{600};         ///< of nothing but failures
  std::string log_level = "info";
  std::string request_log = "all";  ///< all, errors, off
};

/// One row of the table of settings: name, and what it means; the README's table is held against
/// it.
struct SettingInfo {
  std::string_view name;
  std::string default_value;
  std::string_view help;
};

/// The file or a value is not acceptable; what() names the file, the line, the setting and the
/// remedy.
class SettingsError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads `path` (absent file: defaults; `#` starts a comment; unknown names and values out of
/// bounds are errors), then the environment. Throws SettingsError.
Settings load_settings(const std::string& path,
                       const std::function<const char*(const char*)>& getenv);
std::vector<SettingInfo> describe_settings();

/// The settings file that a program uses when it is told none: $GATEHOUSE_CONFIG, else this.
inline constexpr std::string_view default_settings_path = "/etc/gatehouse/gatehouse.conf";

}  // namespace gatehouse
