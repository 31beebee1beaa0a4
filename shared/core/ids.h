#pragma once

#include <string>
#include <string_view>

#include "core/time.h"

namespace gatehouse {

/// `prefix` (with its underscore: "usr_") + 26 lower-case Crockford base-32 characters of a UUIDv7
/// (RFC 9562 §5.7) made at `now`: the TypeID format. Ids sort by the time of their making.
/// Thread-safe.
std::string make_id(std::string_view prefix, Time now);

/// True if `id` is well-formed and has this prefix (with its underscore). Says nothing about
/// whether it exists.
bool is_id(std::string_view prefix, std::string_view id);

}  // namespace gatehouse
