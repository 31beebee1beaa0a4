#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace gatehouse::http {

/// True for a Mailbox of RFC 5321 §4.1.2 that an account can have: dot-atom local part of at most
/// 64 bytes, fully qualified domain (§2.3.5), no quoted local part, no address literal, ASCII only.
bool is_email(std::string_view text);

/// A name out of a request as an error may show it: printable ASCII without quotes, at most 40
/// characters.
std::string displayed_name(std::string_view name);

/// `Allowed members: a, b, c.` and what to do with the others.
std::string allowed_names(std::string_view what, std::initializer_list<std::string_view> allowed);

}  // namespace gatehouse::http
