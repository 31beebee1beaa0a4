#include "db/pipeline.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace gatehouse::db {
namespace {

constexpr Statement enter_tenant{"db_enter_tenant", "SELECT set_config('app.tenant', $1, true)"};
constexpr Statement enter_session{"db_enter_session", "SELECT gatehouse.enter_session($1, $2, $3)"};

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text ? text : "";
}

/// Refusals that say nothing about the statement: PostgreSQL was too busy, too slow or going down.
bool passing(std::string_view sqlstate) {
  return sqlstate.starts_with("53") || sqlstate.starts_with("57") || sqlstate.starts_with("40") ||
         sqlstate == "55P03" /* lock_timeout */ || sqlstate == "25006" /* now a standby */;
}

/// Parameters in the form libpq takes: text has to end in NUL, so it is copied, all into one
/// buffer.
class Values {
 public:
  explicit Values(std::span<const Param> params) {
    std::size_t size = 0;
    for (const Param& param : params) size += param.text().size() + 1;
    buffer_.reserve(size);  // pointers into it are taken while it grows
    for (const Param& param : params) {
      const std::string_view text = param.text();
      if (!param.is_binary() && text.find('\0') != text.npos) {
        throw StatementError("22021", "", "a text parameter contains NUL");
      }
      pointers.push_back(param.is_null() ? nullptr : buffer_.data() + buffer_.size());
      lengths.push_back(int(text.size()));
      formats.push_back(param.is_binary());
      buffer_.append(text).push_back('\0');
    }
  }
  std::vector<const char*> pointers;
  std::vector<int> lengths, formats;

 private:
  std::string buffer_;
};

}  // namespace

void raise(const PGresult* result, const std::string& statement) {
  const std::string sqlstate = field(result, PG_DIAG_SQLSTATE);
  std::string what = statement + ": SQLSTATE " + sqlstate;
  // Class 22 (data exception) quotes the offending value.
  if (!sqlstate.starts_with("22")) what += ": " + field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (passing(sqlstate)) throw Unavailable(what);
  throw StatementError(sqlstate, field(result, PG_DIAG_CONSTRAINT_NAME), what);
}

void Pipeline::check(int accepted, const char* statement) {
  if (accepted) return;
  link_.lose(std::string(statement) + ": " + PQerrorMessage(link_.get()));
}

void Pipeline::enter(const Scope& scope) {
  if (!scope.session_id().empty()) {
    const Param params[] = {scope.tenant_id(), scope.user_id(), scope.session_id()};
    add(enter_session, params);
  } else if (!scope.tenant_id().empty()) {
    const Param params[] = {scope.tenant_id()};
    add(enter_tenant, params);
  }
}

void Pipeline::reenter(const Scope& scope) {
  if (!scope.tenant_id().empty()) return enter(scope);
  const Param params[] = {""};
  add(enter_tenant, params);
}

void Pipeline::add(const Statement& statement, std::span<const Param> params) {
  const Values values(params);
  PGconn* raw = link_.get();
  queued_ = true;
  const int count = int(params.size());
  if (!prepare_) {
    check(PQsendQueryParams(raw, statement.sql, count, nullptr, values.pointers.data(),
                            values.lengths.data(), values.formats.data(), 0),
          statement.name);
  } else {
    const auto queued = [&](const Step& step) {
      return step.prepares && !std::strcmp(step.statement, statement.name);
    };
    if (!link_.prepared.contains(statement.name) && std::ranges::none_of(steps_, queued)) {
      check(PQsendPrepare(raw, statement.name, statement.sql, 0, nullptr), statement.name);
      steps_.push_back({statement.name, true});
    }
    check(PQsendQueryPrepared(raw, statement.name, count, values.pointers.data(),
                              values.lengths.data(), values.formats.data(), 0),
          statement.name);
  }
  steps_.push_back({statement.name, false});
}

Result Pipeline::run(Deadline deadline) {
  sent_ = true;
  check(PQpipelineSync(link_.get()), "Sync");
  link_.flush(deadline);

  PgResult failed(nullptr, &PQclear), last(nullptr, &PQclear);
  const char* culprit = "COMMIT";
  for (std::size_t step = 0; step < steps_.size(); ++step) {
    PgResult result(nullptr, &PQclear);
    try {
      result = link_.next(deadline);
    } catch (const Lost& lost) {
      // The server's good-bye instead of the COMMIT's own answer leaves open whether it had
      // committed.
      throw Lost(lost.what(), lost.answered && step < commit_);
    }
    if (!result) link_.lose("PostgreSQL left a statement unanswered");
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_FATAL_ERROR && !failed) {
      culprit = steps_[step].statement;
      failed = std::move(result);
    } else if (steps_[step].prepares) {
      if (status == PGRES_COMMAND_OK) link_.prepared.emplace(steps_[step].statement);
    } else {
      last = std::move(result);
    }
    if (link_.next(deadline)) link_.lose("PostgreSQL answered a statement twice");
  }
  for (int gaps = 0;;) {
    PgResult result(nullptr, &PQclear);
    try {
      result = link_.next(deadline);
    } catch (const Lost& lost) {
      throw Lost(lost.what(), false);
    }
    if (!result) {
      if (++gaps > 1) link_.lose("PostgreSQL left a Sync unanswered");
    } else if (PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) {
      break;
    } else if (!failed) {
      failed = std::move(result);
    }
  }
  queued_ = false;
  if (failed) {
    const std::string sqlstate = field(failed.get(), PG_DIAG_SQLSTATE);
    // The table changed under the plan, the server forgot the statement, or it became a standby.
    if (sqlstate == "0A000" || sqlstate == "26000" || sqlstate == "25006") link_.close();
    raise(failed.get(), culprit);
  }
  return Result(last.release());
}

}  // namespace gatehouse::db
