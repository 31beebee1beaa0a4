#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/network.h"
#include "core/settings.h"

namespace gatehouse::egress {

/// A URL that may be called, as far as its text tells.
struct Url {
  std::string text;    ///< as it is requested: normalized, without a fragment
  std::string origin;  ///< `https://host:port`, in one spelling: what shares limits
};

/// Either `url`, or `refusal`: a constant text that says why not and is safe to show to whoever
/// gave it.
struct Checked {
  std::optional<Url> url;
  std::string_view refusal;
};

/// Who may be called: the one place that decides it. Immutable, so safe to share among threads;
/// must outlive the clients and engines that were given it.
class Guard {
 public:
  /// Throws SettingsError where a setting cannot be read.
  explicit Guard(const Settings& settings);

  /// Judges a URL by its text, where somebody registers one and before every call: https (or http,
  /// where egress_allow_http), ASCII, at most 2,048 bytes, no user, no fragment, a permitted port;
  /// a host that is an address - in any spelling that resolvers take for one, `0x7f.1` - must be
  /// admitted, and a name must not be the issuer's. What other names resolve to is judged when
  /// connecting.
  Checked check(std::string_view url) const;

  /// Judges where a connection would go to, after DNS: public or in egress_allow_cidrs, never
  /// forbidden (address.h) and never a socket of this system.
  bool admits(const SocketAddress& target) const;

  bool allows_http() const { return allow_http_; }
  /// Empty: the system's.
  const std::string& ca_file() const { return ca_file_; }

 private:
  bool permits_port(std::uint16_t port) const;

  bool allow_http_;
  std::string ca_file_;
  std::vector<PortRange> ports_;
  std::vector<Network> allowed_;
  std::vector<SocketAddress> own_;
  std::string issuer_host_;
  std::uint16_t issuer_port_ = 0;
};

/// For `gatehouse config check`: throws std::runtime_error, whose text names the setting, where
/// outgoing calls could not work; else says what they may reach.
std::string describe_egress(const Settings& settings);

}  // namespace gatehouse::egress
