#include <list>

#include "db/impl.h"

namespace gatehouse::db {
namespace {

constexpr Statement begin{"db_begin", "BEGIN"};
constexpr Statement commit_it{"db_commit", "COMMIT"};
constexpr Statement rollback{"db_rollback", "ROLLBACK"};
constexpr Statement set_savepoint{"db_savepoint", "SAVEPOINT work"};
constexpr Statement rollback_to_savepoint{"db_rollback_to_savepoint", "ROLLBACK TO SAVEPOINT work"};

/// A statement that waits, with copies of what its parameters only looked at.
struct Queued {
  Queued(const Statement& given, Params given_params) : statement(given) {
    for (const Param& param : given_params) {
      const std::string& text = texts.emplace_back(param.text());
      if (param.is_null())
        params.emplace_back(std::nullopt);
      else if (param.is_binary())
        params.emplace_back(as_bytes(text));
      else
        params.emplace_back(text);
    }
  }
  Statement statement;
  std::list<std::string> texts;  // a list: params look at them
  std::vector<Param> params;
};

}  // namespace

class Transaction::Impl {
 public:
  enum class State { unsent, open, failed, done };

  explicit Impl(Connection::Impl& shared) : connection(shared) {}

  /// What waits, in the scope that it was meant for.
  void send_queue(Pipeline& pipeline, const Scope& scope) {
    if (elsewhere) pipeline.reenter(scope);
    elsewhere = false;
    for (const Queued& item : queue) pipeline.add(item.statement, item.params);
    queue.clear();
    if (savepoint == Savepoint::queued) savepoint = Savepoint::set;
  }

  void must_be_usable() const {
    if (state == State::failed) throw std::logic_error("the transaction has failed");
    if (state == State::done) throw std::logic_error("the transaction is over");
  }

  enum class Savepoint { none, queued, set };

  Connection::Impl& connection;
  State state = State::unsent;
  Savepoint savepoint = Savepoint::none;
  bool elsewhere =
      false;  ///< the last statement was sent with another scope than the transaction's
  std::list<Queued> queue;
};

Transaction::Transaction(Connection& connection, Scope scope)
    : connection_(connection),
      scope_(std::move(scope)),
      impl_(std::make_unique<Impl>(*connection.impl_)) {
  const auto use = connection.impl_->use();  // refuses a second one at the same time
  connection.impl_->transaction = this;
}

Transaction::~Transaction() {
  auto& shared = *connection_.impl_;
  shared.transaction = nullptr;
  const bool begun = impl_->state == Impl::State::open || impl_->state == Impl::State::failed;
  if (!begun || !shared.link.get()) return;
  try {
    const auto use = shared.use();
    Pipeline pipeline = shared.pipeline();
    pipeline.add(rollback);
    pipeline.run(Deadline::in(shared.options.timeout));
  } catch (const std::exception&) {
    shared.link.close();  // which rolls back as well
  }
}

Result Transaction::run(const Statement& statement, Params params) {
  return run_within(nullptr, statement, params);
}

Result Transaction::run_within(const Scope* other, const Statement& statement, Params params) {
  impl_->must_be_usable();
  auto& shared = impl_->connection;
  const auto use = shared.use(true);
  const auto deadline = Deadline::in(shared.options.timeout);
  const bool first = impl_->state == Impl::State::unsent;
  if (first) shared.link.ready(deadline);
  impl_->state = Impl::State::failed;
  try {
    Pipeline pipeline = shared.pipeline();
    if (first) {
      pipeline.add(begin);
      pipeline.enter(scope_);
    }
    impl_->send_queue(pipeline, scope_);
    if (other != nullptr) {
      pipeline.reenter(*other);
      impl_->elsewhere = true;
    }
    pipeline.add(statement, params);
    Result result = pipeline.run(deadline);
    impl_->state = Impl::State::open;
    return result;
  } catch (const Lost& lost) {
    throw Unavailable(lost.what());  // without a COMMIT nothing has happened
  }
}

void Transaction::queue(const Statement& statement, Params params) {
  impl_->must_be_usable();
  impl_->queue.emplace_back(statement, params);
}

void Transaction::enter(Scope scope) {
  impl_->must_be_usable();
  if (impl_->queue.empty() || impl_->savepoint == Impl::Savepoint::queued) {
    scope_ = std::move(scope);
    impl_->elsewhere = impl_->state != Impl::State::unsent;
    return;
  }
  throw std::logic_error("statements wait in another scope");
}

void Transaction::savepoint() {
  queue(set_savepoint);
  impl_->savepoint = Impl::Savepoint::queued;
}

void Transaction::roll_back_to_savepoint() {
  impl_->queue.clear();
  if (impl_->savepoint != Impl::Savepoint::set) return;  // nothing was sent since
  auto& shared = impl_->connection;
  const auto use = shared.use(true);
  if (impl_->state == Impl::State::done || shared.link.get() == nullptr) {
    throw Unavailable("the transaction is over");
  }
  Pipeline pipeline = shared.pipeline();
  try {
    pipeline.add(rollback_to_savepoint);
    pipeline.run(Deadline::in(shared.options.timeout));
  } catch (const Lost& lost) {
    throw Unavailable(lost.what());
  }
  impl_->state = Impl::State::open;
  impl_->elsewhere = true;  // a scope that was entered since is undone as well
}

void Transaction::commit() {
  impl_->must_be_usable();
  auto& shared = impl_->connection;
  const bool begun = impl_->state == Impl::State::open;
  if (!begun && impl_->queue.empty()) {
    impl_->state = Impl::State::done;
    return;
  }
  const auto use = shared.use(true);
  const auto deadline = Deadline::in(shared.options.timeout);
  if (!begun) shared.link.ready(deadline);
  Pipeline pipeline = shared.pipeline();
  impl_->state = begun ? Impl::State::failed : Impl::State::done;
  try {
    // What fits into one round trip needs no BEGIN: it is a transaction up to its Sync.
    if (!begun) pipeline.enter(scope_);
    impl_->send_queue(pipeline, scope_);
    if (begun) {
      pipeline.add(commit_it);
      pipeline.commits();
    }
    pipeline.run(deadline);
    impl_->state = Impl::State::done;
  } catch (const Lost& lost) {
    Connection::Impl::give_up(lost, pipeline.sent());
  }
}

}  // namespace gatehouse::db
