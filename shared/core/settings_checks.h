#pragma once

#include <string_view>

/// What the texts among the settings may be. Each is true for an acceptable value.
namespace gatehouse::settings_checks {

bool anything(std::string_view value);
bool not_empty(std::string_view value);

/// An issuer (RFC 8414 §2, but plain http too, for development): scheme, host, no query, no
/// fragment, no slash at the end, since URLs are made by appending a path.
bool issuer(std::string_view value);

bool signing_algorithm(std::string_view value);
bool signup(std::string_view value);
bool log_level(std::string_view value);

/// IPv4 or IPv6 addresses, each with or without `/prefix length`, commas between them; or nothing.
bool networks(std::string_view value);

}  // namespace gatehouse::settings_checks
