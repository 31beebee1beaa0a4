#pragma once

#include <string_view>

namespace gatehouse::webhooks {

inline constexpr std::size_t longest_event_type = 128;

/// The name of an event type: two to four words of a-z, 0-9 and _, with dots between them, each
/// beginning with a letter: `user.created`, `order.line.added`. At most 128 bytes.
bool is_event_type(std::string_view text);

/// What an endpoint asks for: an event type; `user.*`, the types exactly one level below; or `*`,
/// all of them. The SQL function event_patterns() says which patterns stand for a type.
bool is_pattern(std::string_view text);

}  // namespace gatehouse::webhooks
