#pragma once

#include <libpq-fe.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_set>

#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::db {

using PgResult = std::unique_ptr<PGresult, decltype(&PQclear)>;

/// The connection went away or the deadline passed; the link has been closed. Never leaves the
/// room: what it means depends on what was asked (Unavailable, InDoubt, or try again).
class Lost : public std::runtime_error {
 public:
  Lost(const std::string& what, bool said_so) : runtime_error(what), answered(said_so) {}
  /// PostgreSQL said itself, before it committed, that it ends this connection: nothing was
  /// changed.
  bool answered;
};

/// One libpq connection: opening, waiting and closing, all under a deadline. In pipeline mode and
/// non-blocking whenever no call is under way.
class Link {
 public:
  explicit Link(const ConnectionOptions& options);

  /// An open connection on which nothing is under way. Opens one if there is none or the server has
  /// closed it. Throws Unavailable; at once while the pause after a failed attempt lasts.
  PGconn* ready(Deadline deadline);
  PGconn* get() const { return connection_.get(); }
  void close() noexcept;

  /// Sends all that libpq has buffered. Throws Lost.
  void flush(Deadline deadline);
  /// PQgetResult that never blocks beyond the deadline; empty = end of one command's results.
  /// Throws Lost, also where the result says that the server ends the connection.
  PgResult next(Deadline deadline);
  /// PQgetResult until it has none; the first error among them, if any.
  PgResult drain(Deadline deadline);

  /// COPY and statement lists do not exist in pipeline mode. No result may be outstanding.
  void pipeline(bool on);
  [[noreturn]] void lose(const std::string& why, bool answered = false);

  /// Names of the statements that this connection has prepared.
  std::unordered_set<std::string> prepared;

 private:
  using Clock = std::chrono::steady_clock;

  void open(Deadline deadline);
  [[noreturn]] void refuse(const std::string& why);
  bool alive();
  short wait(short events, Deadline deadline);
  static void on_notice(void* link, const PGresult* notice);

  std::string conninfo_, role_, options_;
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_{nullptr, &PQfinish};
  bool doomed_ = false;  ///< the server has announced the end of this connection
  Clock::time_point not_before_{};
  std::chrono::milliseconds pause_{0};
};

}  // namespace gatehouse::db
