#pragma once

#include "core/error.h"

namespace gatehouse::http::errors {

inline constexpr ErrorKind form_malformed{
    400, "form_malformed", "the form or query string is malformed",
    "Encode names and values as application/x-www-form-urlencoded, in UTF-8 and without NUL "
    "characters."};
inline constexpr ErrorKind form_too_many_pairs{
    400, "form_too_many_pairs", "the form or query string has more than 32 parameters",
    "Send only the parameters that /openapi.json names."};
inline constexpr ErrorKind cursor_invalid{
    400, "cursor_invalid", "\"cursor\" is not a cursor of this list",
    "Send the next_cursor of the page before as it is, or no cursor for the first page."};

}  // namespace gatehouse::http::errors
