#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "audit/event.h"
#include "auth/authenticator.h"
#include "auth/principal.h"
#include "core/time.h"
#include "db/connection.h"
#include "http/gate.h"
#include "http/message.h"
#include "http/route.h"
#include "json/value.h"
#include "outbox/change.h"

namespace gatehouse::http {

/// One request on its way through the pipeline: what a handler is given. A handler turns it into
/// typed input, calls its use case and renders the result; it throws Failure for what the caller
/// got wrong.
class Call {
 public:
  Call(const Request& the_request, const Route& the_route, std::vector<std::string_view> parameters,
       db::Connection& connection, Time at, auth::Principal& the_caller)
      : request(the_request),
        route(the_route),
        now(at),
        caller(the_caller),
        parameters_(std::move(parameters)),
        connection_(connection) {}

  const Request& request;
  const Route& route;
  const Time now;           ///< one clock reading for the whole request
  auth::Principal& caller;  ///< of nobody where the route admits anyone

  /// The n-th ':' segment of the path.
  std::string_view parameter(std::size_t index) const { return parameters_.at(index); }

  /// The body, parsed once. Throws Failure 400 for what is no acceptable JSON object.
  const json::Value& body();

  /// The rows that this caller may see: its tenant's, its session's, or none.
  db::Scope scope() const;

  /// The thread's connection, for reads.
  db::Connection& database() { return connection_; }

  /// The one transaction of a request that changes state, begun with the caller's scope (or
  /// `scope`) at its first use. The pipeline adds the audit row and commits when the handler has
  /// returned; a handler that throws leaves nothing behind.
  db::Transaction& transaction();
  db::Transaction& transaction(const db::Scope& scope);

  /// Whether the handler has asked for the transaction.
  bool changes() const { return entered_; }

  /// Begins the transaction before it is known whose rows it will see.
  db::Transaction& begin();

  /// Undoes all that was done in the transaction; what begin() and transaction() gave is gone. For
  /// a request that is about to be refused.
  void roll_back();

  /// What the pipeline does with everybody's limits, for routes whose use case authenticates the
  /// caller itself (Access::client_secret): before a 401, and once it is known who calls, who is
  /// the `caller` from then on. Either may throw Failure 429, for an agent 403 too.
  void authentication_failed(std::string_view claimed_client);
  void admit(const auth::Principal& who);
  /// Who calls, by what the request shows: of `access`, which need not be the route's. Counts what
  /// is wrong. Throws what Authenticator::authenticate() throws, and Failure 429.
  auth::Principal authenticate(auth::Authenticator& authenticator, const auth::Access& access);
  /// Takes one request off a rate that no policy file names. Throws Failure 429.
  void admit_at(std::string_view name, const limits::Rate& rate);
  void limit_by(Gate* gate) { gate_ = gate; }
  const std::optional<Gate::Standing>& standing() const { return standing_; }
  /// Another policy that the answer tells of.
  void tell(const Gate::Standing& standing);

  /// How much of `what` an agent may do in one call ("rows", say); none for everybody else, and for
  /// an agent that has no such maximum.
  std::optional<std::int64_t> most(std::string_view what) const;
  /// A handler says how much it is about to do. Throws Failure 403 `agent_maximum_exceeded` where
  /// that is more than most(): the request is fine, this caller may not, and another day it may.
  void at_most(std::string_view what, std::int64_t amount) const;

  /// A row of the audit trail about this request; `subject` must outlive it.
  audit::Event event(std::string_view code, std::string_view outcome, std::string_view on_behalf_of,
                     const audit::Subject& subject) const;
  /// What others are told of it; the same holds of `subject`.
  outbox::Change change(std::string_view type, const audit::Subject& subject) const;

  /// What the audit row says of this change, and the event that it raises, beyond caller, route and
  /// outcome.
  audit::Subject& audit() { return audit_; }

  /// All is as it was before: the trail shows that it was asked for, and nobody else is told.
  void nothing_changed() { told_ = false; }
  bool to_be_told() const { return told_; }

 private:
  std::vector<std::string_view> parameters_;
  db::Connection& connection_;
  std::unique_ptr<db::Transaction> transaction_;
  bool entered_ = false;  ///< the transaction has the scope that the handler chose
  std::optional<json::Value> body_;
  Gate* gate_ = nullptr;
  std::optional<Gate::Standing> standing_;
  audit::Subject audit_;
  bool told_ = true;
};

}  // namespace gatehouse::http
