#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::egress {

/// An http or https URL in the parts that the guard looks at.
struct UrlParts {
  std::string text;  ///< normalized; what curl is given
  bool secure = true;
  std::string host;  ///< lower case; an address as curl will read it, IPv6 without its brackets
  std::uint16_t port = 443;
};

struct ParsedUrl {
  std::optional<UrlParts> parts;
  std::string_view refusal;  ///< where there are no parts: a constant text
};

/// Reads untrusted bytes with the parser of the library that will make the call, so that both see
/// the same host. Refuses what is legal but has no use in an endpoint's URL: users, fragments,
/// zones, `https:host`, bytes that are not visible ASCII.
ParsedUrl parse_url(std::string_view text);

}  // namespace gatehouse::egress
