#pragma once

#include <memory>

#include "audit/journal.h"
#include "auth/authenticator.h"
#include "core/time.h"
#include "db/connection.h"
#include "http/gate.h"
#include "http/request_log.h"
#include "http/route.h"
#include "http/worker.h"
#include "idempotency/records.h"

namespace gatehouse::http {

/// The way of every request, written once: route → limit failures → authenticate → limit the caller
/// → authorize → check → claim the Idempotency-Key → use case → audit → keep the answer → commit →
/// answer. Immutable and shared by all threads; what one thread owns is in its Worker.
class Pipeline {
 public:
  /// What all of it needs; everything outlives the pipeline.
  struct Parts {
    auth::Authenticator& authenticator;
    const idempotency::Records& answers;
    audit::Journals& journals;
    const Clock& clock;
    Gate* gate = nullptr;  ///< null: no limits
    RequestLog request_log = RequestLog::off;
  };

  Pipeline(Routes routes, const Parts& parts) : router_(std::move(routes)), parts_(parts) {}

  /// A worker with a connection of its own, which opens at its first use.
  std::unique_ptr<Worker> make_worker(const db::ConnectionOptions& options) const;

  const Routes& routes() const { return router_.routes(); }
  Lane lane(const Request& request) const;
  Response serve(const Request& request, db::Connection& connection) const;
  /// The answer to a request that the transport refuses.
  Response refuse(const Request& request, const Failure& failure) const;

 private:
  Response answer(const Request& request, db::Connection& connection, Known& known) const;
  Response answer_or_problem(const Request& request, db::Connection& connection,
                             Known& known) const;
  Response admit_and_perform(Call& call) const;
  Response perform(Call& call) const;
  Response perform_once(Call& call) const;

  const Router router_;
  const Parts parts_;
};

}  // namespace gatehouse::http
