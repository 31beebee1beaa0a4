#include "core/network.h"

#include <arpa/inet.h>

#include <charconv>
#include <string>
#include <system_error>

namespace gatehouse {
namespace {

/// A decimal number that is the whole of `text`.
std::optional<unsigned> read_number(std::string_view text, unsigned most) {
  unsigned number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end || number > most) return std::nullopt;
  return number;
}

std::optional<std::uint16_t> read_port(std::string_view text) {
  const auto number = read_number(text, 65535);
  if (!number || *number == 0) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
  const std::string name(text);
  if (name.find('\0') != name.npos) return std::nullopt;
  Address address;
  if (inet_pton(AF_INET, name.c_str(), address.bytes.data()) == 1) return address;
  address.bits = 128;
  if (inet_pton(AF_INET6, name.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

std::optional<Network> Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto base = Address::parse(text.substr(0, slash));
  if (!base) return std::nullopt;
  if (slash == text.npos) return Network{*base, base->bits};
  const auto prefix = read_number(text.substr(slash + 1), base->bits);
  if (!prefix) return std::nullopt;
  return Network{*base, *prefix};
}

bool Network::contains(const Address& address) const {
  if (address.bits != base.bits) return false;
  for (unsigned bit = 0; bit < prefix; bit += 8) {
    const unsigned counted = prefix - bit < 8 ? prefix - bit : 8;
    const unsigned mask = 0xff00U >> counted & 0xffU;
    if (((address.bytes[bit / 8] ^ base.bytes[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

std::optional<SocketAddress> SocketAddress::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = Address::parse(host);
  const auto port = read_port(text.substr(colon + 1));
  if (!address || !port || bracketed != (address->bits == 128)) return std::nullopt;
  return SocketAddress{*address, *port};
}

std::optional<PortRange> PortRange::parse(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = read_port(text.substr(0, dash));
  const auto last = dash == text.npos ? first : read_port(text.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return PortRange{*first, *last};
}

template <class Item>
std::optional<std::vector<Item>> parse_list(std::string_view list) {
  std::vector<Item> items;
  if (list.empty()) return items;
  while (true) {
    const std::size_t comma = list.find(',');
    const auto item = Item::parse(trimmed(list.substr(0, comma)));
    if (!item) return std::nullopt;
    items.push_back(*item);
    if (comma == list.npos) return items;
    list.remove_prefix(comma + 1);
  }
}

template std::optional<std::vector<Network>> parse_list(std::string_view list);
template std::optional<std::vector<SocketAddress>> parse_list(std::string_view list);
template std::optional<std::vector<PortRange>> parse_list(std::string_view list);

}  // namespace gatehouse
