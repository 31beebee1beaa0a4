#pragma once

#include <atomic>
#include <chrono>
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
/// transaction: the housekeeping thread writes them. Thread-safe.
///
/// Nobody may fill the trail by being refused. Equal ones (all but time, trace and request) become
/// one row with `count` in its detail. A few are written at once; beyond that the rest of ten
/// seconds are written together, of each trail at most 100 different ones, and 500 in all. What
/// exceeds that becomes one row per trail, code and reason, without address, actor and resource,
/// with `others` in its detail (the platform's trail, where there are more than 500).
class Refusals {
 public:
  void add(const Refusal& refusal);
  /// Writes what is due, in one INSERT. They wait on, and the exception passes, while the database
  /// is away; what it refuses for good is said in the log and dropped. A row may be there twice,
  /// under the same id, where the connection was lost at the wrong moment.
  void flush(db::Connection& connection);
  /// From now on all is due: the process ends.
  void finish() { finishing_ = true; }

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
  struct Entries {
    std::map<Key, Entry> by_key;
    std::map<std::string, std::size_t> of_trail;  ///< how many of each tenant, without `others`
    void add(Key key, Entry entry);
  };
  static std::string rows_of(const Entries& entries);
  /// What is to be written now; nothing while a flood goes on.
  Entries take_due();

  std::mutex mutex_;
  Entries entries_;
  std::atomic<bool> finishing_ = false;
  std::chrono::steady_clock::time_point span_ends_{};
  std::size_t left_ = 0;  ///< rows that may be written at once until then
};

}  // namespace gatehouse::audit
