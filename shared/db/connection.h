#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "core/time.h"
#include "db/errors.h"
#include "db/result.h"
#include "db/statement.h"

namespace gatehouse {
struct Settings;
}

namespace gatehouse::db {

/// Whose rows a statement may see: what row-level security is told before it runs.
class Scope {
 public:
  static Scope none() { return Scope({}, {}, {}); }       ///< no tenant's rows
  static Scope platform() { return Scope("*", {}, {}); }  ///< all tenants', where the role may
  static Scope tenant(std::string_view id) { return Scope(id, {}, {}); }
  /// That tenant's rows, and StatementError `session_ended` unless the session is alive and its.
  static Scope session(std::string_view tenant, std::string_view user, std::string_view session) {
    return Scope(tenant, user, session);
  }

  const std::string& tenant_id() const { return tenant_; }
  const std::string& user_id() const { return user_; }
  const std::string& session_id() const { return session_; }

 private:
  Scope(std::string_view tenant, std::string_view user, std::string_view session)
      : tenant_(tenant), user_(user), session_(session) {}
  std::string tenant_, user_, session_;
};

struct ConnectionOptions {
  std::string conninfo;  ///< libpq keywords, with the user of this function's role
  bool prepared_statements = true;
  std::chrono::milliseconds timeout{1500};  ///< one call's work, a reconnect included
};

/// The database of the settings, as `role`, which is also the connection's application_name. With
/// prepared statements off (PgBouncer) no start-up options are sent either.
ConnectionOptions connection_options(const Settings& settings, std::string_view role);

class Transaction;

/// One connection to PostgreSQL, opened on first use, reopened with jittered backoff (20 ms
/// doubling to 1 s; calls within the pause fail at once). For one thread at a time. An idle
/// connection that the server has closed is noticed before anything is sent on it. Non-blocking
/// underneath, so that no call lasts longer than the timeout even where the server hangs.
class Connection {
 public:
  explicit Connection(ConnectionOptions options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// One statement in a transaction of its own, one round trip (pipeline: scope + statement +
  /// Sync). `read` is repeated once on a fresh connection if the connection was lost under it.
  /// While a Transaction is open on this connection, read() and write() are part of it, with the
  /// scope that they name. Throws Unavailable, StatementError.
  Result read(const Scope& scope, const Statement& statement, Params params = {});

  /// As read(), but never repeated; throws InDoubt if the connection was lost after sending, unless
  /// PostgreSQL said good-bye before the statement's result: then nothing was changed
  /// (Unavailable).
  Result write(const Scope& scope, const Statement& statement, Params params = {});

  /// One more to the same database as the same role; not opened yet.
  std::unique_ptr<Connection> another() const;

  /// COPY rows (text format, one line each, escaped by copy_field) into `target` (`table(col,
  /// ...)`).
  void copy(std::string_view target, std::string_view lines);

  /// Any number of statements without parameters, for migrations and housekeeping: one transaction,
  /// unless they say BEGIN and COMMIT themselves. Throws as write() does, naming the line.
  void execute(const std::string& sql);

  /// Database time spent since the last call of this, for the request log.
  std::chrono::microseconds take_time_spent();

 private:
  friend class Transaction;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Several statements in one transaction. BEGIN and the scope travel with the first statement,
/// COMMIT with everything queued: two round trips where the work needs one result. Rolls back
/// unless commit() returned.
class Transaction {
 public:
  Transaction(Connection& connection, Scope scope);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// Sends what is queued and this statement, and waits for its result.
  Result run(const Statement& statement, Params params = {});
  /// Sends nothing yet; a failure surfaces in the next run() or commit(). `params` are copied.
  void queue(const Statement& statement, Params params = {});
  /// What follows sees the rows of `scope`.
  void enter(Scope scope);
  /// Marks the point to which roll_back_to_savepoint() undoes; there is one at most.
  void savepoint();
  /// Undoes what came after savepoint(), also where a statement has failed since: the transaction
  /// is usable again.
  void roll_back_to_savepoint();
  /// One round trip. Throws InDoubt if the connection is lost under it. Nothing to do if nothing
  /// was run.
  void commit();

  const Scope& scope() const { return scope_; }

 private:
  friend class Connection;
  Result run_within(const Scope* other, const Statement& statement, Params params);

  Connection& connection_;
  Scope scope_;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Appends `text` to a COPY line as one field, escaped. Fields are separated by '\t', lines end in
/// '\n'.
void copy_field(std::string& line, std::string_view text);

}  // namespace gatehouse::db
