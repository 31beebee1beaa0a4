#pragma once

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "db/pipeline.h"

namespace gatehouse::db {

/// What a Connection and its Transaction share.
class Connection::Impl {
 public:
  explicit Impl(ConnectionOptions given) : options(std::move(given)), link(options) {}

  /// Measures one call; refuses calls round an open transaction, which would become part of it.
  class Use {
   public:
    Use(Impl& impl, bool by_transaction) : impl_(impl), start_(std::chrono::steady_clock::now()) {
      if (impl.transaction != nullptr && !by_transaction) {
        throw std::logic_error("the connection is in a transaction");
      }
    }
    ~Use() { impl_.spent += std::chrono::steady_clock::now() - start_; }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    Impl& impl_;
    std::chrono::steady_clock::time_point start_;
  };
  [[nodiscard]] Use use(bool by_transaction = false) { return Use(*this, by_transaction); }

  Pipeline pipeline() { return Pipeline(link, options.prepared_statements); }

  /// What a lost connection means to a change that is not repeated.
  [[noreturn]] static void give_up(const Lost& lost, bool could_commit) {
    if (could_commit && !lost.answered) throw InDoubt(lost.what());
    throw Unavailable(lost.what());
  }

  ConnectionOptions options;
  Link link;
  Transaction* transaction = nullptr;  ///< the one that is open
  std::chrono::steady_clock::duration spent{};
};

}  // namespace gatehouse::db
