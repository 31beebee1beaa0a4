#pragma once

#include <string_view>

#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::auth {

/// Takes `id`, which `owner` has made up, for something that is good until `expires_at`. False
/// where it has been taken before, by whichever process on whichever host: of several at once one
/// gets true. `kind` keeps ids of different things apart. One round trip. What is stored is 128
/// bits of a hash. Throws what Connection::write throws.
bool use_once(db::Connection& connection, std::string_view kind, std::string_view owner,
              std::string_view id, Time expires_at);

}  // namespace gatehouse::auth
