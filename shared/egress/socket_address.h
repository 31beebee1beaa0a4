#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <optional>

#include "core/network.h"

namespace gatehouse::egress {

/// What a connect(2) would go to; nullopt for null and for every family but IPv4 and IPv6.
inline std::optional<SocketAddress> from_sockaddr(const sockaddr* from) {
  if (from == nullptr) return std::nullopt;
  SocketAddress to;
  if (from->sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, from, sizeof in);
    std::memcpy(to.address.bytes.data(), &in.sin_addr, sizeof in.sin_addr);
    to.port = ntohs(in.sin_port);
    return to;
  }
  if (from->sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, from, sizeof in);
    std::memcpy(to.address.bytes.data(), &in.sin6_addr, sizeof in.sin6_addr);
    to.address.bits = 128;
    to.port = ntohs(in.sin6_port);
    return to;
  }
  return std::nullopt;
}

}  // namespace gatehouse::egress
