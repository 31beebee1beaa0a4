#pragma once

#include "core/error.h"
#include "http/message.h"
#include "http/route.h"

namespace gatehouse::http {

/// What a transport hands requests to: one object for each of its threads, so that it may own what
/// only one thread may use (a database connection).
class Worker {
 public:
  virtual ~Worker() = default;

  /// On which threads this request belongs. Cheap: it is asked on a request thread for every
  /// request.
  virtual Lane lane(const Request& request) const = 0;

  /// The answer to a request. Never throws: what goes wrong is an answer too.
  virtual Response serve(const Request& request) = 0;

  /// The answer to a request that the transport refuses: it cannot be read, or the lane has no
  /// room for it.
  virtual Response refuse(const Request& request, const Failure& failure) = 0;

  /// Called on a hashing thread that has had nothing to do for a second: give memory back.
  virtual void idle() {}
};

}  // namespace gatehouse::http
