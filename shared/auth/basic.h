#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/secret.h"

namespace gatehouse::auth {

struct BasicCredentials {
  std::string id;  ///< never empty
  Secret secret;   ///< may be empty
};

/// Reads the value of an `Authorization` header: `Basic` in any case, spaces, base64 with its
/// padding of `id:secret` (RFC 7617 §2), both halves form-encoded (RFC 6749 §2.3.1). nullopt for
/// another scheme and for anything malformed: strict base64, a colon, an id, UTF-8 and no control
/// characters.
std::optional<BasicCredentials> parse_basic(std::string_view authorization_value);

}  // namespace gatehouse::auth
