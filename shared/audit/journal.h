#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

#include "audit/refusals.h"
#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::audit {

/// One call by a service, as `GET /v1/internal/services/{client_id}/logs` shows it.
struct AccessRow {
  Time at;
  std::string_view client_id, tenant_id, endpoint, method;
  int status;
  std::chrono::milliseconds took;
  std::string_view remote_address, user_agent, trace_id;
};

/// One token that was issued: who, what and when. Never the token.
struct IssuanceRow {
  Time at;
  std::string_view client_id, user_id, jti, kind, scope;
  Time expires_at;
  std::string_view remote_address, trace_id;
};

/// Rows on their way into a time-partitioned table, as COPY lines. Thread-safe.
class Journal {
 public:
  Journal(std::string_view target, std::size_t capacity) : target_(target), capacity_(capacity) {}

  /// False where as many rows wait as may; the line is then not taken.
  bool append(std::string_view line);
  /// Writes what waits in one COPY. Rows wait on, and the exception passes, while the database is
  /// away; a row that it refuses is dropped and said in the log.
  void flush(db::Connection& connection);

 private:
  void write_one_by_one(db::Connection& connection, std::string_view lines);

  const std::string target_;
  const std::size_t capacity_;
  std::mutex mutex_;
  std::string lines_;
  std::size_t count_ = 0;
};

/// The journals of one process. They are written by the housekeeping thread, so that no request
/// waits for them: a process that is killed loses at most one interval's rows (of a flood of
/// refusals those of ten seconds), never a change. Thread-safe.
class Journals {
 public:
  explicit Journals(std::size_t capacity);

  /// Keeps a row; dropped (and counted in the log) where the database has been away for too long.
  void access(const AccessRow& row);
  /// Keeps a row. Throws db::Unavailable where there is no room: no token without its row.
  void token_issued(const IssuanceRow& row);
  /// Keeps a refusal for the audit trail: see Refusals.
  void refused(const Refusal& refusal) { refusals_.add(refusal); }
  void flush(db::Connection& connection);
  /// What is kept back (see Refusals) is written with the next flush(): the process ends.
  void finish() { refusals_.finish(); }

 private:
  Journal access_, issuance_;
  Refusals refusals_;
};

}  // namespace gatehouse::audit
