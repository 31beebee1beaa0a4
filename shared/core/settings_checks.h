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
bool catalogue(std::string_view value);
/// What parse_claim_names() takes.
bool claim_names(std::string_view value);
bool log_level(std::string_view value);
bool request_log(std::string_view value);

/// IPv4 or IPv6 addresses, each with or without `/prefix length`, commas between them; or nothing.
bool networks(std::string_view value);

/// The same, each no wider than a whole private range (10.0.0.0/8, fc00::/7): a slip must not open
/// the internet, or everything inside.
bool inner_networks(std::string_view value);

/// `192.0.2.1:443` or `[2001:db8::1]:443`, commas between them; or nothing.
bool sockets(std::string_view value);

/// Ports or ranges of them, `443,8000-8999`; at least one.
bool ports(std::string_view value);

/// At most 20 spans, as parse_spans() takes them; or none.
bool spans(std::string_view value);

}  // namespace gatehouse::settings_checks
