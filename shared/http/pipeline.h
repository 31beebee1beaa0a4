#pragma once

#include <memory>

#include "audit/journal.h"
#include "auth/authenticator.h"
#include "core/time.h"
#include "db/connection.h"
#include "http/route.h"
#include "http/worker.h"

namespace gatehouse::http {

/// The way of every request, written once: route → check → authenticate → authorize → use case →
/// audit → commit → answer. Immutable and shared by all threads; what one thread owns is in its
/// Worker.
class Pipeline {
 public:
  Pipeline(Routes routes, auth::Authenticator& authenticator, audit::Journals& journals,
           const Clock& clock)
      : router_(std::move(routes)),
        authenticator_(authenticator),
        journals_(journals),
        clock_(clock) {}

  /// A worker with a connection of its own, which opens at its first use.
  std::unique_ptr<Worker> make_worker(const db::ConnectionOptions& options) const;

  const Routes& routes() const { return router_.routes(); }
  Lane lane(const Request& request) const;
  Response serve(const Request& request, db::Connection& connection) const;

 private:
  Response answer(const Request& request, db::Connection& connection,
                  auth::Principal& caller) const;

  Router router_;
  auth::Authenticator& authenticator_;
  audit::Journals& journals_;
  const Clock& clock_;
};

}  // namespace gatehouse::http
