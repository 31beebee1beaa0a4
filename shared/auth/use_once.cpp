#include "auth/use_once.h"

#include <span>
#include <string>

#include "core/encoding.h"
#include "crypto/hash.h"

namespace gatehouse::auth {
namespace {

constexpr std::size_t stored_bytes = 16;

// Without waiting for the disk: what a crash of PostgreSQL's host could bring back is an id of its
// last second. Concurrent uses wait for each other all the same.
constexpr db::Statement insert_used{
    "auth_use_once",
    "INSERT INTO used_once (id, expires_at)"
    " SELECT $1::bytea, $2::timestamptz FROM set_config('synchronous_commit', 'off', true)"
    " ON CONFLICT DO NOTHING"};

}  // namespace

bool use_once(db::Connection& connection, std::string_view kind, std::string_view owner,
              std::string_view id, Time expires_at) {
  const crypto::Digest digest = crypto::sha256(concatenated({kind, owner, id}));
  const auto stored = std::span<const std::byte>(digest).first<stored_bytes>();
  return connection
             .write(db::Scope::none(), insert_used,
                    {db::Param(std::span<const std::byte>(stored)), expires_at})
             .affected() == 1;
}

}  // namespace gatehouse::auth
