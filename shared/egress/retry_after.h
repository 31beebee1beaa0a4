#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "core/time.h"

namespace gatehouse::egress {

/// What a `Retry-After` header (RFC 9110 §10.2.3) asks for: seconds, or the time until an
/// IMF-fixdate (§5.6.7), from none to a year. Nothing where it says neither.
std::optional<std::chrono::seconds> retry_after(std::string_view header, Time now);

}  // namespace gatehouse::egress
