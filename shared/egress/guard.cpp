#include "egress/guard.h"

#include <curl/curl.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "egress/address.h"
#include "egress/url.h"

namespace gatehouse::egress {
namespace {

template <class Item>
std::vector<Item> read(std::string_view name, std::string_view list) {
  auto items = parse_list<Item>(list);
  if (!items) throw SettingsError(std::string(name) + " cannot be read; correct the value");
  return *std::move(items);
}

/// `name` and `name.` are one host to DNS.
std::string_view without_dot(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

}  // namespace

Guard::Guard(const Settings& settings)
    : allow_http_(settings.egress_allow_http),
      ca_file_(settings.egress_ca_file),
      ports_(read<PortRange>("egress_ports", settings.egress_ports)),
      allowed_(read<Network>("egress_allow_cidrs", settings.egress_allow_cidrs)),
      own_(read<SocketAddress>("egress_own_sockets", settings.egress_own_sockets)) {
  const auto issuer = parse_url(settings.issuer).parts;
  if (!issuer) throw SettingsError("issuer cannot be read as a URL; correct the value");
  issuer_host_ = without_dot(issuer->host);
  issuer_port_ = issuer->port;
}

bool Guard::permits_port(std::uint16_t port) const {
  return std::ranges::any_of(ports_, [&](const PortRange& range) { return range.contains(port); });
}

Checked Guard::check(std::string_view text) const {
  auto [parts, refusal] = parse_url(text);
  if (!parts) return {{}, refusal};
  if (!parts->secure && !allow_http_) return {{}, "the URL must begin with https://"};
  if (!permits_port(parts->port)) return {{}, "the URL's port is not one that may be called"};
  const std::string_view host = without_dot(parts->host);
  const auto address = Address::parse(host);
  const bool own = host == issuer_host_ && parts->port == issuer_port_;
  if (own || (address && !admits({*address, parts->port}))) {
    return {{}, "the URL's address may not be called"};
  }
  std::string origin = parts->secure ? "https://" : "http://";
  origin.append(host).append(":").append(std::to_string(parts->port));
  return {Url{std::move(parts->text), std::move(origin)}, {}};
}

bool Guard::admits(const SocketAddress& target) const {
  if (!permits_port(target.port) || is_forbidden(target.address)) return false;
  for (const Address& meaning : meanings(target.address)) {
    if (std::ranges::find(own_, SocketAddress{meaning, target.port}) != own_.end()) return false;
    if (target.port == issuer_port_ && is_own(meaning)) return false;
  }
  return is_public(target.address) || std::ranges::any_of(allowed_, [&](const Network& network) {
           return network.contains(target.address);
         });
}

std::string describe_egress(const Settings& settings) {
  const Guard guard(settings);
  std::string file = settings.egress_ca_file;
  if (file.empty()) {
    const auto* const version = curl_version_info(CURLVERSION_NOW);
    if (version->cainfo != nullptr) file = version->cainfo;
  }
  std::ifstream stream(file);
  std::string text;
  std::getline(stream, text, '\0');  // the whole file; empty of a directory too
  if (text.find("-----BEGIN CERTIFICATE-----") == text.npos) {
    throw std::runtime_error(file + " holds no PEM certificates that this user may read");
  }
  std::string reach = guard.allows_http() ? "http and https" : "https";
  reach += " to public addresses";
  if (!settings.egress_allow_cidrs.empty()) reach += " and " + settings.egress_allow_cidrs;
  return reach + ", ports " + settings.egress_ports;
}

}  // namespace gatehouse::egress
