#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/network.h"
#include "egress/guard.h"
#include "egress/url.h"

namespace {

using namespace gatehouse;  // NOLINT

const egress::Guard& guard() {
  static const egress::Guard one{Settings()};
  return one;
}

}  // namespace

// A URL is refused with a text, or it is read the same again and leads nowhere that is not public.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const egress::ParsedUrl parsed = egress::parse_url(text);
  if (parsed.parts.has_value() != parsed.refusal.empty()) std::abort();
  const egress::Checked checked = guard().check(text);
  if (checked.url.has_value() != checked.refusal.empty()) std::abort();
  if (!checked.url) return 0;
  if (!parsed.parts || !parsed.parts->secure) std::abort();
  if (text.find('@') < text.find_first_of("/?#", 8)) std::abort();
  const auto address = Address::parse(parsed.parts->host);
  if (address && !guard().admits({*address, parsed.parts->port})) std::abort();
  const auto again = egress::parse_url(checked.url->text).parts;
  if (!again || again->host != parsed.parts->host || again->port != parsed.parts->port)
    std::abort();
  if (again->text != checked.url->text) std::abort();
  return 0;
}
