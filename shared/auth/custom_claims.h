#pragma once

#include <string>
#include <string_view>

#include "json/value.h"

namespace gatehouse::auth {

/// What a client's own claims may be as JSON, in all: they are in every one of its tokens.
inline constexpr std::size_t most_claim_bytes = 1024;

/// A string, a number, a boolean or an array of strings.
bool valid_claim_value(const json::Value& value);

/// `stored` (a JSON object, or nothing) with the members of `change`: a JSON Merge Patch of one
/// level (RFC 7396), whose nulls remove. Empty where nothing is left.
std::string merge_claims(std::string_view stored, const json::Value& change);

/// The members of the stored object that the setting `custom_claims` names, as JSON without its
/// braces: what a token takes in as it is.
std::string claim_members(std::string_view stored, std::string_view allowed_names);

}  // namespace gatehouse::auth
