#include "db/connection.h"

#include "core/settings.h"
#include "db/impl.h"

namespace gatehouse::db {

ConnectionOptions connection_options(const Settings& settings, std::string_view role) {
  return {settings.database + " user=" + std::string(role), settings.prepared_statements,
          settings.database_timeout};
}

Connection::Connection(ConnectionOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
Connection::~Connection() = default;

Result Connection::read(const Scope& scope, const Statement& statement, Params params) {
  if (impl_->transaction != nullptr)
    return impl_->transaction->run_within(&scope, statement, params);
  const auto use = impl_->use();
  const auto deadline = Deadline::in(impl_->options.timeout);
  for (bool again = true;; again = false) {
    try {
      impl_->link.ready(deadline);
      Pipeline pipeline = impl_->pipeline();
      pipeline.enter(scope);
      pipeline.add(statement, params);
      return pipeline.run(deadline);
    } catch (const Lost& lost) {
      if (!again || deadline.passed()) throw Unavailable(lost.what());
    }
  }
}

Result Connection::write(const Scope& scope, const Statement& statement, Params params) {
  if (impl_->transaction != nullptr)
    return impl_->transaction->run_within(&scope, statement, params);
  const auto use = impl_->use();
  const auto deadline = Deadline::in(impl_->options.timeout);
  impl_->link.ready(deadline);
  Pipeline pipeline = impl_->pipeline();
  try {
    pipeline.enter(scope);
    pipeline.add(statement, params);
    return pipeline.run(deadline);
  } catch (const Lost& lost) {
    Impl::give_up(lost, pipeline.sent());
  }
}

std::unique_ptr<Connection> Connection::another() const {
  return std::make_unique<Connection>(impl_->options);
}

void Connection::copy(std::string_view target, std::string_view lines) {
  const auto use = impl_->use();
  const auto deadline = Deadline::in(impl_->options.timeout);
  Link& link = impl_->link;
  PGconn* raw = link.ready(deadline);
  bool complete = false;
  try {
    link.pipeline(false);
    const std::string sql = "COPY " + std::string(target) + " FROM STDIN";
    if (!PQsendQuery(raw, sql.c_str())) link.lose("COPY could not be sent");
    link.flush(deadline);
    PgResult failed = link.next(deadline);
    if (failed && PQresultStatus(failed.get()) == PGRES_COPY_IN) {
      // libpq buffers what the socket does not take, so hand it over in parts that it can get rid
      // of.
      constexpr std::size_t part = 256 * 1024;
      for (; !lines.empty(); lines.remove_prefix(std::min(part, lines.size()))) {
        if (PQputCopyData(raw, lines.data(), int(std::min(part, lines.size()))) < 0) {
          link.lose("COPY data could not be sent");
        }
        link.flush(deadline);
      }
      complete = true;
      if (PQputCopyEnd(raw, nullptr) < 0) link.lose("the end of COPY could not be sent");
      link.flush(deadline);
      failed = link.drain(deadline);
    } else {
      link.drain(deadline);
    }
    link.pipeline(true);
    if (failed) raise(failed.get(), sql.substr(0, sql.find('(')));
  } catch (const Lost& lost) {
    Impl::give_up(lost, complete);
  }
}

void Connection::execute(const std::string& sql) {
  const auto use = impl_->use();
  const auto deadline = Deadline::in(impl_->options.timeout);
  Link& link = impl_->link;
  PGconn* raw = link.ready(deadline);
  bool sent = false;
  try {
    link.pipeline(false);
    sent = true;
    if (!PQsendQuery(raw, sql.c_str())) link.lose("the statements could not be sent");
    link.flush(deadline);
    const PgResult failed = link.drain(deadline);
    link.pipeline(true);
    if (!failed) return;
    const char* at = PQresultErrorField(failed.get(), PG_DIAG_STATEMENT_POSITION);
    const auto end = sql.begin() + std::min<std::ptrdiff_t>(at ? std::strtol(at, nullptr, 10) : 0,
                                                            std::ssize(sql));
    const auto line = std::count(sql.begin(), end, '\n') + 1;
    raise(failed.get(), at ? "line " + std::to_string(line) : "statements");
  } catch (const Lost& lost) {
    Impl::give_up(lost, sent);
  }
}

std::chrono::microseconds Connection::take_time_spent() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::exchange(impl_->spent, {}));
}

}  // namespace gatehouse::db
