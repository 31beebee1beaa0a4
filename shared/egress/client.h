#pragma once

#include "egress/guard.h"
#include "egress/request.h"

namespace gatehouse::egress {

/// Calls that their thread waits for, one at a time and rarely: each makes its own connection and
/// reads the CA file (17 ms of work with the system's). Many calls: egress/engine.h.
/// Thread-safe. Waits at most Limits::total, DNS included.
class Client {
 public:
  /// The guard must outlive the client.
  explicit Client(const Guard& guard) : guard_(guard) {}

  /// Never throws for what a receiver or a URL can cause: that is an Outcome with a failure.
  Outcome call(Request request) const;

 private:
  const Guard& guard_;
};

}  // namespace gatehouse::egress
