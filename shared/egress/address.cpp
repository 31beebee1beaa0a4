#include "egress/address.h"

#include <ifaddrs.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string_view>

#include "egress/socket_address.h"

namespace gatehouse::egress {
namespace {

using Networks = std::vector<Network>;

Networks networks(std::initializer_list<std::string_view> texts) {
  Networks all;
  for (const std::string_view text : texts) all.push_back(Network::parse(text).value());
  return all;
}

bool among(const Networks& all, const Address& address) {
  return std::ranges::any_of(all,
                             [&](const Network& network) { return network.contains(address); });
}

const Networks& special() {
  static const Networks all = networks({
      "0.0.0.0/8",          // this network, RFC 791
      "10.0.0.0/8",         // private use, RFC 1918
      "100.64.0.0/10",      // shared address space of carriers, RFC 6598
      "127.0.0.0/8",        // loopback, RFC 1122
      "169.254.0.0/16",     // link local, RFC 3927
      "172.16.0.0/12",      // private use, RFC 1918
      "192.0.0.0/24",       // IETF protocol assignments, RFC 6890
      "192.0.2.0/24",       // documentation, RFC 5737
      "192.31.196.0/24",    // AS112, RFC 7535
      "192.52.193.0/24",    // AMT, RFC 7450
      "192.88.99.0/24",     // 6to4 relays, RFC 7526
      "192.168.0.0/16",     // private use, RFC 1918
      "192.175.48.0/24",    // AS112, RFC 7534
      "198.18.0.0/15",      // benchmarking, RFC 2544
      "198.51.100.0/24",    // documentation, RFC 5737
      "203.0.113.0/24",     // documentation, RFC 5737
      "224.0.0.0/4",        // multicast, RFC 5771
      "240.0.0.0/4",        // reserved and broadcast, RFC 1112
      "2001::/23",          // IETF protocol assignments (Teredo, ORCHID, ...), RFC 2928
      "2001:db8::/32",      // documentation, RFC 3849
      "2002::/16",          // 6to4, RFC 3056
      "2620:4f:8000::/48",  // AS112, RFC 7534
      "3fff::/20",          // documentation, RFC 9637
  });
  return all;
}

const Networks& forbidden() {
  static const Networks all = networks({
      "0.0.0.0/8",        // connects to this host
      "169.254.0.0/16",   // metadata of nearly every cloud, at .169.254, .170.2 and others
      "100.100.100.200",  // Alibaba Cloud
      "168.63.129.16",    // Azure's host; a public address
      "192.0.0.192",      // Oracle Cloud
      "::/128",           // connects to this host
      "fe80::/10",        // link local, RFC 4291
      "fd00:ec2::/32",    // AWS
      "fd20:ce::254",     // Google Cloud
      "fd00:42::42",      // Scaleway
  });
  return all;
}

/// The four bytes from `offset` on, without the address's ninth byte, which RFC 6052 §2.2 leaves
/// out.
Address ipv4_at(const Address& address, std::size_t offset) {
  Address inner;
  for (std::size_t i = 0; i < 4; ++i, ++offset) {
    if (offset == 8) ++offset;
    inner.bytes[i] = address.bytes[offset];
  }
  return inner;
}

/// The IPv4 addresses that a host or gateway may take an IPv6 address for.
std::vector<Address> embedded(const Address& address) {
  static const Network unspecified_and_loopback = Network::parse("::/104").value();
  static const Networks in_the_last_bytes = networks({"::ffff:0:0/96", "::/96", "64:ff9b::/96"});
  static const Network sixtofour = Network::parse("2002::/16").value();
  static const Network teredo = Network::parse("2001::/32").value();
  static const Network local_nat64 = Network::parse("64:ff9b:1::/48").value();
  if (unspecified_and_loopback.contains(address)) return {};
  if (among(in_the_last_bytes, address)) return {ipv4_at(address, 12)};
  if (sixtofour.contains(address)) return {ipv4_at(address, 2)};
  if (teredo.contains(address)) {  // the server, and the client with its bits turned (RFC 4380 §4)
    Address client = ipv4_at(address, 12);
    for (std::size_t i = 0; i < 4; ++i) client.bytes[i] ^= 0xff;
    return {ipv4_at(address, 4), client};
  }
  if (local_nat64.contains(address)) {  // whoever runs it chose how long its prefix is (RFC 8215)
    std::vector<Address> all;
    for (const std::size_t offset : {6, 7, 9, 12}) {
      // Zeros are what the other lengths leave there, and 0.0.0.0/8 is nowhere behind a gateway.
      if (const Address inner = ipv4_at(address, offset); inner.bytes[0] != 0) all.push_back(inner);
    }
    return all;
  }
  return {};
}

bool on_an_interface(const Address& address) {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return true;  // not knowing is no reason to let it through
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> list(first, &freeifaddrs);
  for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
    const auto own = from_sockaddr(one->ifa_addr);
    if (own && own->address == address) return true;
  }
  return false;
}

}  // namespace

std::vector<Address> meanings(const Address& address) {
  std::vector<Address> all = embedded(address);
  all.push_back(address);
  return all;
}

bool is_forbidden(const Address& address) {
  return std::ranges::any_of(meanings(address),
                             [](const Address& one) { return among(forbidden(), one); });
}

bool is_public(const Address& address) {
  static const Network nat64 = Network::parse("64:ff9b::/96").value();
  // The rest of IPv6 is special, multicast or not assigned: loopback, v4-mapped, discard only,
  // unique local, link local, segment routing, ...
  static const Network unicast = Network::parse("2000::/3").value();
  if (nat64.contains(address)) return is_public(ipv4_at(address, 12));
  if (address.bits == 128 && !unicast.contains(address)) return false;
  return !among(special(), address) && !is_forbidden(address);
}

bool is_own(const Address& address) {
  static const Networks loopback = networks({"127.0.0.0/8", "::1"});
  return among(loopback, address) || on_an_interface(address);
}

}  // namespace gatehouse::egress
