#include "egress/url.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <new>

#include "core/network.h"
#include "egress/handles.h"

namespace gatehouse::egress {
namespace {

constexpr std::size_t longest_url = 2048;
constexpr std::size_t longest_host = 253;  // RFC 1035 §3.1, as text

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool begins_with(std::string_view text, std::string_view lower_case) {
  return text.size() >= lower_case.size() &&
         std::ranges::equal(text.substr(0, lower_case.size()), lower_case, {}, lower);
}

/// Letters, digits, dots, hyphens and underscores; or an IPv6 address.
bool plain_host(std::string_view host) {
  if (host.empty() || host.size() > longest_host || host.front() == '.') return false;
  if (host.find(':') != host.npos) return Address::parse(host).has_value();
  return std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
  const CurlText owner(text);
  return text;
}

constexpr std::string_view text_of(CURLUcode code) {
  switch (code) {
    case CURLUE_USER_NOT_ALLOWED:
      return "the URL must not name a user or a password";
    case CURLUE_BAD_PORT_NUMBER:
      return "the URL's port is no port";
    default:
      return "the URL cannot be read";
  }
}

}  // namespace

ParsedUrl parse_url(std::string_view text) {
  if (text.size() > longest_url) return {{}, "the URL is longer than 2048 bytes"};
  if (!std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; })) {
    return {{}, "the URL must be visible ASCII: names in their xn-- form, the rest with %XX"};
  }
  UrlParts parts;
  parts.secure = begins_with(text, "https://");
  if (!parts.secure && !begins_with(text, "http://")) {
    return {{}, "the URL must begin with https://"};
  }
  const std::string_view rest = text.substr(text.find("//") + 2);
  // curl forgives slashes too few or too many.
  if (rest.starts_with('/')) return {{}, "the URL names no host"};
  // curl decodes it, and what comes out (`%38`) is read another way the next time (0.0.0.8).
  if (rest.substr(0, rest.find_first_of("/?#")).find('%') != rest.npos) {
    return {{}, "the URL's host must be written without %"};
  }
  const UrlHandle url(curl_url());
  if (!url) throw std::bad_alloc();
  const CURLUcode code =
      curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), CURLU_DISALLOW_USER);
  if (code != CURLUE_OK) return {{}, text_of(code)};
  // `https://@host` and `https://host#` come without either part.
  if (text.find('#') != text.npos) return {{}, "the URL must not have a fragment (#)"};
  if (!part(url.get(), CURLUPART_ZONEID).empty()) return {{}, "the URL must not name a zone"};

  parts.host = part(url.get(), CURLUPART_HOST);
  std::ranges::transform(parts.host, parts.host.begin(), lower);
  if (parts.host.starts_with('[')) parts.host = parts.host.substr(1, parts.host.size() - 2);
  if (!plain_host(parts.host)) return {{}, "the URL's host is neither a name nor an address"};
  const std::string port = part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  std::from_chars(port.data(), port.data() + port.size(), parts.port);
  if (parts.port == 0) return {{}, "the URL's port is no port"};
  parts.text = part(url.get(), CURLUPART_URL);
  if (parts.text.empty()) return {{}, "the URL cannot be read"};
  return {std::move(parts), {}};
}

}  // namespace gatehouse::egress
