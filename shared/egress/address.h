#pragma once

#include <vector>

#include "core/network.h"

namespace gatehouse::egress {

/// Whether an address belongs to the public internet: none of IANA's special-purpose registries
/// (RFC 6890, as of October 2024) - not even their few globally reachable blocks, which are no
/// places for receivers -, no multicast, nothing unassigned outside 2000::/3, no metadata service.
/// An address of NAT64's well-known prefix (RFC 6052) is what the IPv4 address in it is.
bool is_public(const Address& address);

/// Addresses that no setting opens: this host's "any", link-local networks and the places where
/// clouds hand out credentials, in any of their meanings.
bool is_forbidden(const Address& address);

/// The address itself, and the IPv4 addresses that a host or gateway may take an IPv6 address for:
/// v4-mapped, v4-compatible, NAT64, 6to4, Teredo.
std::vector<Address> meanings(const Address& address);

/// Loopback, or an address of one of this host's interfaces at this moment.
bool is_own(const Address& address);

}  // namespace gatehouse::egress
