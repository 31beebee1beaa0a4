#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>

#include "audit/event.h"
#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::audit {

/// Somebody was not let in, as `Event::outcome` = failure tells the trail.
struct Refusal {
  Time at;
  std::string_view code;    ///< access.refused, login.refused, client.refused
  std::string_view reason;  ///< the error's code: insufficient_scope, login_refused ...
  const auth::Principal& actor;
  std::string_view method, route, remote_address, trace_id, request_id;
  const Subject& subject;
};

/// Refusals on their way into the trail. They change nothing, so they are not tied to a
/// transaction: the housekeeping thread writes them. Equal ones (all but time, trace and request)
/// of one interval become one row with `count` in its detail, and beyond 500 different ones the
/// rest become one row per code and reason without address, actor and resource, with `others` in
/// its detail: a flood costs neither memory nor rows. Thread-safe.
class Refusals {
 public:
  void add(const Refusal& refusal);
  /// One INSERT. They wait on, and the exception passes, while the database is away; what it
  /// refuses for good is said in the log and dropped. A row may be there twice, under the same id,
  /// where the connection was lost at the wrong moment.
  void flush(db::Connection& connection);

 private:
  struct Key {
    std::string tenant_id, code, reason, actor_kind, actor_id, remote_address, method, route,
        resource_type, resource_id;
    bool others = false;
    auto operator<=>(const Key&) const = default;
  };
  struct Entry {
    Time at;
    std::string id, trace_id, request_id;
    std::int64_t count = 1;
  };
  using Entries = std::map<Key, Entry>;
  static std::string rows_of(const Entries& entries);

  std::mutex mutex_;
  Entries entries_;
};

}  // namespace gatehouse::audit
