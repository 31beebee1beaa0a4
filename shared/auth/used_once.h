#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>

#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::auth {

/// What is good once: ids that somebody has made up, each taken by one request of all processes on
/// all hosts. One for each process, thread-safe.
///
/// A transaction costs PostgreSQL far more than a row, so those who ask while one is under way
/// share the next. The first of them writes for all.
class UsedOnce {
 public:
  /// Takes `id`, which `owner` has made up, for something that is good until `expires_at`. False
  /// where it has been taken before: of several at once one gets true. `kind` keeps ids of
  /// different things apart. Two round trips at most, on a connection like the given one: what is
  /// taken stays so, whatever becomes of a transaction of the asker's. What is stored is 128 bits
  /// of a hash. Throws what Connection::write throws; then it may have been taken or not.
  bool take(const db::Connection& connection, std::string_view kind, std::string_view owner,
            std::string_view id, Time expires_at);

 private:
  using Id = std::array<std::byte, 16>;
  /// In order: two transactions that wait for each other's ids would be a deadlock.
  using Ids = std::set<Id>;

  /// The ids of one transaction.
  struct Batch {
    Ids ids;
    Time expires_at{};  ///< of the last of them
    std::promise<Ids> promise;
    std::shared_future<Ids> taken = promise.get_future().share();
  };

  Ids insert(const Ids& ids, Time expires_at);
  void write_next(std::unique_lock<std::mutex> lock, const db::Connection& connection);

  std::mutex mutex_;
  std::shared_ptr<Batch> next_ = std::make_shared<Batch>();  ///< not begun; whoever is first in it
  bool writing_ = false;                                     ///< waits until none is under way
  std::condition_variable written_;
  std::unique_ptr<db::Connection> connection_;  ///< of whoever is writing
};

}  // namespace gatehouse::auth
