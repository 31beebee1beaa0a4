#include "tenants/signup.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

#include "tenants/errors.h"

namespace gatehouse::tenants {
namespace {

struct Address {
  std::array<std::uint8_t, 16> bytes{};
  unsigned bits = 0;  ///< 32 or 128
};

std::optional<Address> parse_address(std::string_view text) {
  const std::string name(text);
  Address address;
  if (inet_pton(AF_INET, name.c_str(), address.bytes.data()) == 1) {
    address.bits = 32;
    return address;
  }
  if (inet_pton(AF_INET6, name.c_str(), address.bytes.data()) == 1) {
    address.bits = 128;
    return address;
  }
  return std::nullopt;
}

bool same_prefix(const Address& a, const Address& b, unsigned bits) {
  for (unsigned i = 0; i < bits; ++i) {
    const unsigned mask = 0x80U >> (i % 8);
    if ((a.bytes[i / 8] & mask) != (b.bytes[i / 8] & mask)) return false;
  }
  return true;
}

bool in_network(const Address& address, std::string_view network) {
  const auto slash = network.find('/');
  const auto base = parse_address(network.substr(0, slash));
  if (!base || base->bits != address.bits) return false;
  unsigned bits = base->bits;
  if (slash != network.npos) {
    const std::string_view text = network.substr(slash + 1);
    const auto [end, error] = std::from_chars(text.begin(), text.end(), bits);
    if (error != std::errc() || end != text.end() || bits > base->bits) return false;
  }
  return same_prefix(address, *base, bits);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

bool in_networks(std::string_view text, std::string_view networks) {
  const auto address = parse_address(text);
  if (!address) return false;
  while (!networks.empty()) {
    const std::string_view one = networks.substr(0, networks.find(','));
    if (in_network(*address, trimmed(one))) return true;
    networks.remove_prefix(std::min(networks.size(), one.size() + 1));
  }
  return false;
}

void require_signup_open(const Settings& settings, std::string_view remote_address) {
  if (settings.tenant_signup == "open") return;
  if (settings.tenant_signup == "allowlist" &&
      in_networks(remote_address, settings.tenant_signup_allowlist)) {
    return;
  }
  throw Failure(errors::signup_closed);
}

}  // namespace gatehouse::tenants
