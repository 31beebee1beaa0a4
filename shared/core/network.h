#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gatehouse {

/// An IPv4 or IPv6 address.
struct Address {
  std::array<std::uint8_t, 16> bytes{};  ///< in network order; of IPv4 the first four
  unsigned bits = 32;                    ///< 32 or 128

  /// inet_pton(3)'s forms: IPv4 as four decimal numbers, IPv6 without a zone.
  static std::optional<Address> parse(std::string_view text);
  friend bool operator==(const Address&, const Address&) = default;
};

/// `10.0.0.0/8`. IPv4 networks hold IPv4 addresses only: `::ffff:10.0.0.1` is not in this one.
struct Network {
  Address base;
  unsigned prefix = 0;  ///< leading bits that count; those behind them may be anything

  /// An address with or without `/prefix length`; without: that address alone.
  static std::optional<Network> parse(std::string_view text);
  bool contains(const Address& address) const;
};

struct SocketAddress {
  Address address;
  std::uint16_t port = 0;

  /// `192.0.2.1:443` or `[2001:db8::1]:443`.
  static std::optional<SocketAddress> parse(std::string_view text);
  friend bool operator==(const SocketAddress&, const SocketAddress&) = default;
};

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;

  /// `443` or `8000-8999`, from 1 on.
  static std::optional<PortRange> parse(std::string_view text);
  bool contains(std::uint16_t port) const { return first <= port && port <= last; }
};

/// What stands between the commas of a list, spaces around it apart; nothing of an empty list;
/// nullopt where one of them cannot be read.
template <class Item>
std::optional<std::vector<Item>> parse_list(std::string_view list);

extern template std::optional<std::vector<Network>> parse_list(std::string_view list);
extern template std::optional<std::vector<SocketAddress>> parse_list(std::string_view list);
extern template std::optional<std::vector<PortRange>> parse_list(std::string_view list);

}  // namespace gatehouse
