#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse {

/// True of the claims that this system, JWT (RFC 7519 §4.1) or an OAuth profile gives a meaning to:
/// a client that could choose their value could pass for another or for more.
bool is_reserved_claim(std::string_view name);

/// `department,cost_center,https://example.com/level`: names of 1 to 64 letters, digits and `_ - .
/// : /`, each once, with commas and maybe spaces between them; nothing is no name. None where the
/// text is anything else, or lists a reserved name.
std::optional<std::vector<std::string>> parse_claim_names(std::string_view text);

}  // namespace gatehouse
