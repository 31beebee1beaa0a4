#pragma once

#include <span>
#include <string>
#include <vector>

#include "db/link.h"

namespace gatehouse::db {

/// Throws what a failed result means: Unavailable where the same request may succeed later, else
/// StatementError. `statement` is the failed one's name; parameter values never get into the text.
[[noreturn]] void raise(const PGresult* result, const std::string& statement);

/// One round trip: statements queued on a link, a Sync behind them, all results in front of it.
class Pipeline {
 public:
  /// `link` is ready(). Nothing may happen on it until run() has returned.
  Pipeline(Link& link, bool prepared_statements) : link_(link), prepare_(prepared_statements) {}

  /// What was queued without being run must not become part of the next transaction: closes the
  /// link.
  ~Pipeline() {
    if (queued_) link_.close();
  }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  /// Nothing for Scope::none: a transaction starts without a tenant.
  void enter(const Scope& scope);
  /// The same where the transaction has seen another tenant's rows before.
  void reenter(const Scope& scope);
  void add(const Statement& statement, std::span<const Param> params = {});
  /// The statement added last ends the transaction. Without this, the Sync does.
  void commits() { commit_ = steps_.size() - 1; }

  /// Sends, waits, drains to the Sync and returns the result of the statement added last.
  /// Throws StatementError, Unavailable (the link stays usable), Lost (it does not).
  Result run(Deadline deadline);
  /// True once so much may have been sent that the server could commit.
  bool sent() const { return sent_; }

 private:
  struct Step {
    const char* statement;
    bool prepares;
  };
  void check(int accepted, const char* statement);

  Link& link_;
  bool prepare_;
  bool queued_ = false;
  bool sent_ = false;
  std::vector<Step> steps_;
  std::size_t commit_ = SIZE_MAX;
};

}  // namespace gatehouse::db
