#pragma once

#include <string_view>

namespace gatehouse::gate {

/// Whether everybody who reads this path, raw as it was sent and without its query, reads the same
/// one. nginx chooses the location, and so the policy, by its own reading, but what it protects is
/// sent the path as it came. So none passes that has an empty segment before the last (`//`), a
/// segment `.` or `..`, a parameter (`;`) or `\`, be they written as they are or as `%2e`, `%3b`
/// and so on; nor `%2f`, a control character, or `#`, where nginx stops reading.
bool has_one_reading(std::string_view path);

}  // namespace gatehouse::gate
