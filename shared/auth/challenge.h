#pragma once

#include <string>
#include <string_view>

namespace gatehouse::auth {

/// The value of `WWW-Authenticate` that tells a caller what is wrong with its bearer token (RFC
/// 6750 §3); members that are empty are left out. `error` is `invalid_token` or
/// `insufficient_scope`, and empty where no token came; `scope` is what the route needs. Neither
/// text may hold a quote or a backslash.
std::string bearer_challenge(std::string_view error, std::string_view description,
                             std::string_view scope = {});

}  // namespace gatehouse::auth
