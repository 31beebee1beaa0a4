#include "auth/used_once.h"

#include <algorithm>
#include <exception>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/encoding.h"
#include "crypto/hash.h"

namespace gatehouse::auth {
namespace {

// Without waiting for the disk: what a crash of PostgreSQL's host could bring back is an id of its
// last second. Concurrent uses wait for each other all the same.
constexpr db::Statement insert_used{"auth_use_once",
                                    "INSERT INTO used_once (id, expires_at)"
                                    " SELECT unnest($1::bytea[]), $2::timestamptz"
                                    "   FROM set_config('synchronous_commit', 'off', true)"
                                    " ON CONFLICT DO NOTHING RETURNING id"};

}  // namespace

bool UsedOnce::take(const db::Connection& connection, std::string_view kind, std::string_view owner,
                    std::string_view id, Time expires_at) {
  const crypto::Digest digest = crypto::sha256(concatenated({kind, owner, id}));
  Id stored;
  std::copy_n(digest.begin(), stored.size(), stored.begin());

  std::unique_lock lock(mutex_);
  const std::shared_ptr<Batch> mine = next_;
  const bool first = mine->ids.empty();
  if (!mine->ids.insert(stored).second) return false;
  mine->expires_at = std::max(mine->expires_at, expires_at);
  if (first) {
    write_next(std::move(lock), connection);
  } else {
    lock.unlock();
  }
  return mine->taken.get().contains(stored);
}

void UsedOnce::write_next(std::unique_lock<std::mutex> lock, const db::Connection& connection) {
  auto following = std::make_shared<Batch>();
  written_.wait(lock, [this] { return !writing_; });
  writing_ = true;
  const auto batch = std::exchange(next_, std::move(following));
  lock.unlock();
  Ids taken;
  std::exception_ptr failure;
  try {
    // One for all: a backend that is always at work costs half of what eight taking turns do.
    if (!connection_) connection_ = connection.another();
    taken = insert(batch->ids, batch->expires_at);
  } catch (...) {
    failure = std::current_exception();
  }
  lock.lock();
  writing_ = false;
  lock.unlock();
  written_.notify_one();  // there is one next batch, with one first
  if (failure) {
    batch->promise.set_exception(failure);
  } else {
    batch->promise.set_value(std::move(taken));
  }
}

UsedOnce::Ids UsedOnce::insert(const Ids& ids, Time expires_at) {
  std::string array = "{";
  for (const Id& id : ids) {
    array.append(array.size() > 1 ? "," : "").append("\"\\\\x").append(to_hex(id)).append("\"");
  }
  const db::Result rows =
      connection_->write(db::Scope::none(), insert_used, {array.append("}"), expires_at});
  Ids taken;
  for (int row = 0; row < rows.rows(); ++row) {
    const Bytes bytes = rows.bytes(row, "id");
    Id id{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), id.size()), id.begin());
    taken.insert(id);
  }
  return taken;
}

}  // namespace gatehouse::auth
