#include <list>

#include "db/impl.h"

namespace gatehouse::db {
namespace {

constexpr Statement begin{"db_begin", "BEGIN"};
constexpr Statement commit_it{"db_commit", "COMMIT"};
constexpr Statement rollback{"db_rollback", "ROLLBACK"};

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

  void send_queue(Pipeline& pipeline) {
    for (const Queued& item : queue) pipeline.add(item.statement, item.params);
    queue.clear();
  }

  void must_be_usable() const {
    if (state == State::failed) throw std::logic_error("the transaction has failed");
    if (state == State::done) throw std::logic_error("the transaction is over");
  }

  Connection::Impl& connection;
  State state = State::unsent;
  std::list<Queued> queue;
};

Transaction::Transaction(Connection& connection, Scope scope)
    : connection_(connection),
      scope_(std::move(scope)),
      impl_(std::make_unique<Impl>(*connection.impl_)) {
  const auto use = connection.impl_->use();  // refuses a second one at the same time
  connection.impl_->in_transaction = true;
}

Transaction::~Transaction() {
  auto& shared = *connection_.impl_;
  shared.in_transaction = false;
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
    impl_->send_queue(pipeline);
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
    impl_->send_queue(pipeline);
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
