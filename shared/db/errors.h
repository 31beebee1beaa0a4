#pragma once

#include <stdexcept>
#include <string>

namespace gatehouse::db {

/// PostgreSQL cannot be reached, did not answer by the deadline, or gave up for a reason that
/// passes (time-outs 57014 and 55P03, deadlock, out of resources, shutting down), and nothing has
/// been changed. Becomes 503 with Retry-After.
class Unavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The connection was lost while a COMMIT was under way: the change may or may not have happened.
/// Becomes 503 `outcome_unknown`; only an idempotency key can settle it.
class InDoubt : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// PostgreSQL refused a statement. `sqlstate` is its five characters (`23505` = unique violation);
/// `constraint` names the violated one, if any. what() holds no parameter values. A text parameter
/// with a NUL in it is refused with 22021, as PostgreSQL itself would.
class StatementError : public std::runtime_error {
 public:
  StatementError(std::string sqlstate, std::string constraint, const std::string& what)
      : runtime_error(what), sqlstate_(std::move(sqlstate)), constraint_(std::move(constraint)) {}
  const std::string& sqlstate() const { return sqlstate_; }
  const std::string& constraint() const { return constraint_; }
  bool unique_violation() const { return sqlstate_ == "23505"; }

 private:
  std::string sqlstate_, constraint_;
};

/// SQLSTATE raised by the SQL function enter_session() when a session has ended.
inline constexpr const char* session_ended = "GH001";

}  // namespace gatehouse::db
