#include "core/settings.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <limits>
#include <optional>
#include <set>
#include <system_error>
#include <type_traits>
#include <variant>

#include "core/settings_checks.h"
#include "core/spans.h"

namespace gatehouse {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

using Member = std::variant<std::string Settings::*, bool Settings::*, int Settings::*,
                            milliseconds Settings::*, seconds Settings::*>;

/// A row of the one table from which parsing, the environment and the description follow.
struct Row {
  std::string_view name;
  Member member;
  std::int64_t least;  ///< of a number or a span in its own unit
  std::int64_t most;
  bool (*acceptable)(std::string_view);  ///< of a text
  std::string_view form;                 ///< what a text has to be: "must be <form>"
  std::string_view help;
};

constexpr Row text(std::string_view name, std::string Settings::*member,
                   bool (*acceptable)(std::string_view), std::string_view form,
                   std::string_view help) {
  return {name, member, 0, 0, acceptable, form, help};
}

template <typename T>
constexpr Row number(std::string_view name, T Settings::*member, std::int64_t least,
                     std::int64_t most, std::string_view help) {
  return {name, member, least, most, nullptr, {}, help};
}

constexpr Row flag(std::string_view name, bool Settings::*member, std::string_view help) {
  return {name, member, 0, 0, nullptr, {}, help};
}

constexpr std::int64_t day = 86400;
constexpr std::int64_t ten_years = 3650;

constexpr std::array table = {
    text("database", &Settings::database, settings_checks::not_empty, "a libpq connection string",
         "libpq connection string without a user: each program connects as its own role"),
    flag("prepared_statements", &Settings::prepared_statements,
         "false behind PgBouncer's transaction pooling, which knows no prepared statements"),
    number("database_timeout", &Settings::database_timeout, 50, 60000,
           "all of one request's database work, connecting included; beyond it: 503"),
    text("keyring_file", &Settings::keyring_file, settings_checks::not_empty, "a path",
         "pepper and sealing keys; mode 0600"),
    text("issuer", &Settings::issuer, settings_checks::issuer,
         "an http or https URL without a query, a fragment or a slash at its end",
         "`iss` of every token, and the base of every URL that is shown"),
    text("audience", &Settings::audience, settings_checks::not_empty, "a name or a URL",
         "`aud` of a token whose request names none"),
    text("signing_algorithm", &Settings::signing_algorithm, settings_checks::signing_algorithm,
         "ES256, EdDSA, RS256 or HS256", "of the next signing key: ES256, EdDSA, RS256 or HS256"),
    number("signing_key_days", &Settings::signing_key_days, 1, ten_years,
           "age at which the one-shot `rotate-keys` replaces a signing key"),
    number("service_token_lifetime", &Settings::service_token_lifetime, 1, day,
           "life of a service's access token"),
    number("user_token_lifetime", &Settings::user_token_lifetime, 1, 90 * day,
           "life of a user's session token"),
    text("custom_claims", &Settings::custom_claims, settings_checks::claim_names,
         "names of claims with commas between them, none of them a registered claim's or one that "
         "tokens have anyway",
         "claims, comma-separated, that a client can be given for its tokens; what is no longer "
         "listed is left out of them"),
    text("scope_catalogue", &Settings::scope_catalogue, settings_checks::catalogue,
         "open or closed",
         "which scopes can be granted: open = any, closed = those of the catalogue"),
    number("jwks_max_age", &Settings::jwks_max_age, 0, day,
           "how long others may keep the JWKS; a new key is published for longer before it signs"),
    text("tenant_signup", &Settings::tenant_signup, settings_checks::signup,
         "open, allowlist or closed",
         "who may create tenants: open = anybody, allowlist = tenant_signup_allowlist, closed = "
         "nobody"),
    text("tenant_signup_allowlist", &Settings::tenant_signup_allowlist, settings_checks::networks,
         "addresses or CIDR networks with commas between them",
         "addresses or CIDR networks, comma-separated, that may create tenants"),
    number("threads", &Settings::threads, 0, 1024, "request threads; 0 = two per core"),
    number("hashing_threads", &Settings::hashing_threads, 0, 1024,
           "password-hashing threads; 0 = one per core"),
    number("hashing_queue", &Settings::hashing_queue, 1, 100000,
           "requests that may wait for a hashing thread; beyond them: 503"),
    number("argon2_memory_kib", &Settings::argon2_memory_kib, 1024, 4194304,
           "memory of one Argon2id hash in KiB"),
    number("argon2_passes", &Settings::argon2_passes, 1, 100, "passes of one Argon2id hash"),
    text(
        "limits_file", &Settings::limits_file, settings_checks::anything, "a path",
        "rates, login delays and quotas, for nginx too; empty = those of deploy/limits.conf, which "
        "are built in"),
    number("cache_refresh", &Settings::cache_refresh, 10, 10000,
           "how often a program asks the database whether its caches are still true"),
    number("cache_max_stale", &Settings::cache_max_stale, 20, 60000,
           "age beyond which caches are not believed; a revocation takes at most this long"),
    number("cache_entries", &Settings::cache_entries, 16, 16777216, "entries of each cache"),
    number("journal_entries", &Settings::journal_entries, 16, 16777216,
           "journal rows that may wait for the database"),
    number("idempotency_retention", &Settings::idempotency_retention, day, 30 * day,
           "how long a resend with the same Idempotency-Key is recognized"),
    number("session_retention", &Settings::session_retention, 0, 90 * day,
           "how long a session that has ended or expired is kept"),
    number(
        "credential_retention", &Settings::credential_retention, 0, 90 * day,
        "how long API keys, client secrets, signing keys and one-time tokens are kept after they "
        "were used up or expired"),
    number("quota_retention", &Settings::quota_retention, day, 90 * day,
           "how long a quota's count is kept after the window it counts for began"),
    number("secret_expiry_notice", &Settings::secret_expiry_notice, 0, 365 * day,
           "how long before its end a client secret is told of by an event"),
    number("access_log_days", &Settings::access_log_days, 1, ten_years,
           "days that the access log is kept"),
    number("token_journal_days", &Settings::token_journal_days, 1, ten_years,
           "days that the journal of issued tokens is kept"),
    number("audit_days", &Settings::audit_days, 90, ten_years, "days that the audit log is kept"),
    number("event_days", &Settings::event_days, 1, ten_years, "days that events are kept"),
    text("audit_seal_file", &Settings::audit_seal_file, settings_checks::anything, "a path",
         "file outside the database that each seal of the audit log is appended to; empty = none"),
    text("egress_ports", &Settings::egress_ports, settings_checks::ports,
         "ports or ranges of ports with commas between them",
         "ports, or ranges such as `8000-8999`, that outgoing calls (webhooks, `jwks_uri`) may go "
         "to"),
    text("egress_allow_cidrs", &Settings::egress_allow_cidrs, settings_checks::inner_networks,
         "addresses or CIDR networks, no wider than IPv4 /8 or IPv6 /7, with commas between them",
         "private addresses or networks, comma-separated, that outgoing calls may reach too; "
         "metadata services never"),
    text("egress_own_sockets", &Settings::egress_own_sockets, settings_checks::sockets,
         "`address:port` with commas between them",
         "`address:port` of this system's own parts on other hosts, comma-separated, which "
         "outgoing calls never reach, nor the issuer's port on this host"),
    flag("egress_allow_http", &Settings::egress_allow_http,
         "true lets outgoing calls go in the clear; for development"),
    text("egress_ca_file", &Settings::egress_ca_file, settings_checks::anything, "a path",
         "PEM certificates that outgoing calls trust, instead of the system's"),
    number("webhook_timeout", &Settings::webhook_timeout, 1, 300,
           "what a receiver has for its answer to a webhook"),
    text(
        "webhook_retries", &Settings::webhook_retries, settings_checks::spans,
        "up to 20 spans with a unit and commas between them",
        "how long after each failure a webhook is tried again, ± 10 %; after the last it is a dead "
        "letter"),
    number("webhook_park_after", &Settings::webhook_park_after, 1, 30 * day,
           "how long an endpoint fails before its deliveries wait for a probe to succeed"),
    text("log_level", &Settings::log_level, settings_checks::log_level,
         "debug, info, warn or error", "least level that is logged: debug, info, warn or error"),
    text("request_log", &Settings::request_log, settings_checks::request_log, "all, errors or off",
         "which requests have a line in the log: all, errors (status 400 and above) or off"),
};

std::string_view trim(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

// A '#' inside a word belongs to it: a database password may hold one.
std::string_view without_comment(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) {
      return line.substr(0, i);
    }
  }
  return line;
}

/// Values are not quoted in any error: the connection string may hold a password.
[[noreturn]] void refuse(const std::string& where, std::string_view name, const std::string& must) {
  throw SettingsError(where + ": " + std::string(name) + " must be " + must +
                      "; correct the value, or remove it to have the default");
}

/// `value` in units of `own_unit` milliseconds (0: a bare number, which takes no suffix).
std::optional<std::int64_t> read_number(std::string_view value, std::int64_t own_unit) {
  std::int64_t count = 0;
  const char* const end = value.data() + value.size();
  const auto [rest, error] = std::from_chars(value.data(), end, count);
  if (error != std::errc()) return std::nullopt;
  if (rest == end) return count;
  const auto unit = milliseconds_of(trim({rest, static_cast<std::size_t>(end - rest)}));
  if (!unit || own_unit == 0) return std::nullopt;
  if (count < 0 || count > std::numeric_limits<std::int64_t>::max() / *unit) return std::nullopt;
  if (count * *unit % own_unit != 0) return std::nullopt;
  return count * *unit / own_unit;
}

std::int64_t bounded(const Row& row, std::string_view value, const std::string& where,
                     std::int64_t own_unit) {
  const auto count = read_number(value, own_unit);
  if (count && *count >= row.least && *count <= row.most) return *count;
  const std::string range = "from " + std::to_string(row.least) + " to " + std::to_string(row.most);
  if (own_unit == 0) refuse(where, row.name, "a whole number " + range);
  refuse(
      where, row.name,
      (own_unit == 1 ? "milliseconds " : "seconds ") + range + " (or with a unit: ms, s, m, h, d)");
}

void assign(Settings& settings, const Row& row, std::string_view value, const std::string& where) {
  std::visit(
      [&](auto member) {
        using T = std::remove_reference_t<decltype(settings.*member)>;
        if constexpr (std::is_same_v<T, std::string>) {
          if (!row.acceptable(value)) refuse(where, row.name, std::string(row.form));
          settings.*member = value;
        } else if constexpr (std::is_same_v<T, bool>) {
          if (value != "true" && value != "false") refuse(where, row.name, "true or false");
          settings.*member = value == "true";
        } else if constexpr (std::is_same_v<T, int>) {
          settings.*member = static_cast<int>(bounded(row, value, where, 0));
        } else {
          settings.*member = T(bounded(row, value, where, std::is_same_v<T, seconds> ? 1000 : 1));
        }
      },
      row.member);
}

std::string show(const Settings& settings, const Row& row) {
  return std::visit(
      [&](auto member) -> std::string {
        using T = std::remove_cvref_t<decltype(settings.*member)>;
        const T& value = settings.*member;
        if constexpr (std::is_same_v<T, std::string>) {
          return value;
        } else if constexpr (std::is_same_v<T, bool>) {
          return value ? "true" : "false";
        } else if constexpr (std::is_same_v<T, int>) {
          return std::to_string(value);
        } else {
          return std::to_string(value.count()) + (std::is_same_v<T, seconds> ? "s" : "ms");
        }
      },
      row.member);
}

void read_line(Settings& settings, std::string_view line, const std::string& where,
               std::set<std::string_view>& seen) {
  line = trim(without_comment(line));
  if (line.empty()) return;
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) {
    throw SettingsError(where + ": expected `name = value`; a comment begins with #");
  }
  const std::string_view name = trim(line.substr(0, equals));
  const auto* const row = std::ranges::find(table, name, &Row::name);
  if (row == table.end()) {
    throw SettingsError(where + ": there is no setting \"" + std::string(name.substr(0, 64)) +
                        "\"; README.md lists all of them");
  }
  if (!seen.insert(row->name).second) {
    throw SettingsError(where + ": " + std::string(name) + " is set twice; keep one of the lines");
  }
  assign(settings, *row, trim(line.substr(equals + 1)), where);
}

void read_file(Settings& settings, const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  if (!file && errno == ENOENT) return;
  std::string line;
  std::set<std::string_view> seen;
  for (int number = 1; std::getline(file, line); ++number) {
    read_line(settings, line, path + ":" + std::to_string(number), seen);
  }
  if (!file.eof()) {
    throw SettingsError(path + ": cannot be read (" + std::generic_category().message(errno) +
                        "); it must be a file that this program's user may read");
  }
}

void check_together(const Settings& settings, const std::string& path) {
  if (settings.cache_max_stale < settings.cache_refresh) {
    throw SettingsError(path +
                        ": cache_max_stale must not be shorter than cache_refresh; raise it");
  }
  if (settings.tenant_signup == "allowlist" && settings.tenant_signup_allowlist.empty()) {
    throw SettingsError(path +
                        ": tenant_signup = allowlist needs tenant_signup_allowlist; name the "
                        "networks, or set tenant_signup = closed");
  }
}

}  // namespace

Settings load_settings(const std::string& path,
                       const std::function<const char*(const char*)>& getenv) {
  Settings settings;
  read_file(settings, path);
  for (const Row& row : table) {
    std::string variable = "GATEHOUSE_";
    for (const char c : row.name) variable += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    const char* const value = getenv(variable.c_str());
    if (value != nullptr) assign(settings, row, trim(value), "environment variable " + variable);
  }
  check_together(settings, path);
  return settings;
}

std::vector<SettingInfo> describe_settings() {
  const Settings defaults;
  std::vector<SettingInfo> rows;
  rows.reserve(table.size());
  for (const Row& row : table) rows.push_back({row.name, show(defaults, row), row.help});
  return rows;
}

}  // namespace gatehouse
