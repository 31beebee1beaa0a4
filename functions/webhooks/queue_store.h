#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/encoding.h"
#include "core/time.h"
#include "db/connection.h"

/// The SQL of what waits, for every tenant at once: connections are of the role
/// gatehouse_delivery. All times that decide anything are PostgreSQL's, so that hosts need not
/// agree about them.
namespace gatehouse::webhooks::store {

/// What there is to do.
struct Waiting {
  bool events = false;                   ///< whose deliveries are not made yet
  bool due = false;                      ///< deliveries whose time to be tried again has come
  std::vector<std::string> endpoints;    ///< that may be sent something now; ids
  std::vector<std::string> gone;         ///< endpoints that were deleted, with deliveries waiting
  std::optional<std::string> more_from;  ///< where to look on; nothing: all was looked at
};

/// Looks at the next 100 endpoints that have something waiting, behind `after` by id.
Waiting look(db::Connection& connection, std::string_view after);

/// Makes the deliveries of the oldest events in the queue, `most` at once, and lines up again what
/// is to be sent again: each event once, by one worker at a time. Returns how many events that
/// were; 0 also where another is at it.
std::int64_t fan_out(db::Connection& connection, int most, const Clock& clock);

/// Lines up deliveries whose time has come, at most 1000. Returns how many.
std::int64_t line_up_due(db::Connection& connection);

/// A delivery that belongs to this worker.
struct Claimed {
  std::string delivery_id, endpoint_id, tenant_id;
  Time created_at{};
  std::optional<std::string> ordering_key;  ///< where others of the key wait for this one
  int failures = 0;
  bool probe = false;    ///< of a parked endpoint
  bool failing = false;  ///< so is the endpoint, as far as is known
};

struct Claim {
  std::string_view worker;
  std::chrono::seconds lease;
  std::size_t most;                                   ///< deliveries
  std::size_t most_of_each;                           ///< endpoint
  std::map<std::string, std::size_t> under_way = {};  ///< of this worker, by tenant
};

/// Claims for each endpoint what is next, within its concurrency and rate, which count for all
/// workers together; of a parked one a single probe. A tenant gets only as much as leaves at least
/// as much for others as it has under way then. The worker counts as alive for `lease` from now on.
std::vector<Claimed> claim(db::Connection& connection, const std::vector<std::string>& endpoints,
                           const Claim& claim);

/// What is sent, and where.
struct Message {
  std::string delivery_id, endpoint_id, event_id, type, data, url;
  Time happened_at{};
  Bytes secret_sealed, previous_secret_sealed;  ///< the latter empty where it does not count
};

/// Those of what was claimed whose event and endpoint are still there.
std::vector<Message> messages(db::Connection& connection, const std::vector<Claimed>& claimed);

}  // namespace gatehouse::webhooks::store
