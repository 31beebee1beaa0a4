#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gatehouse {

/// Milliseconds of a unit as settings spell it: ms, s, m, h or d.
std::optional<std::int64_t> milliseconds_of(std::string_view unit);

/// Spans with units and commas between them, `10s, 1m, 2500ms`, each more than nothing and at most
/// 30 days; nullopt where one cannot be read. Nothing of an empty list.
std::optional<std::vector<std::chrono::milliseconds>> parse_spans(std::string_view list);

}  // namespace gatehouse
