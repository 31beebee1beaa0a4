#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "db/connection.h"
#include "webhooks/queue_store.h"

/// The SQL of what became of deliveries; as queue_store.h.
namespace gatehouse::webhooks::store {

/// How a claimed delivery ended, or did not.
struct Result {
  Claimed claimed;
  std::string worker;                 ///< who claimed it
  std::string state;                  ///< of webhook_deliveries
  std::chrono::milliseconds wait{0};  ///< of a pending one: until it is lined up again
  std::string outcome;                ///< delivered, failed; empty: nothing was attempted
  Time at{};
  std::chrono::milliseconds latency{0};
  int status = 0;
  std::string_view failure;  ///< a constant text; empty where there was an answer
  std::string answer;
};

/// A delivery that was given up: `dead_letter` or `cancelled`.
struct GivenUp {
  std::string delivery_id, tenant_id, endpoint_id, event_id, event_type, state;
  std::int64_t attempts = 0;
};

/// Keeps those that were still theirs who claimed them: all others are somebody else's business by
/// now. Lines up what waited behind the finished ones. Returns those that were given up.
std::vector<GivenUp> record(db::Transaction& transaction, std::span<const Result> results);

/// What an endpoint has shown.
struct Health {
  bool succeeded = false;
  bool gone = false;                  ///< answered 410
  std::chrono::milliseconds hush{0};  ///< it asked not to be sent anything for so long
};

/// An endpoint that is parked, or disabled, from now on.
struct Change {
  std::string endpoint_id, tenant_id;
  bool disabled = false;
};

std::vector<Change> note_health(db::Transaction& transaction,
                                const std::map<std::string, Health>& health,
                                std::chrono::seconds park_after);

/// An audit row, of this job.
void audit(db::Transaction& transaction, std::string_view tenant_id, std::string_view event,
           std::string_view resource_type, std::string_view resource_id, std::string_view detail,
           Time now);

/// Gives back what belongs to workers that are not alive. Those attempts count as interrupted;
/// returns how many.
std::int64_t release_dead(db::Connection& connection, std::chrono::seconds lease);

/// Gives up deliveries of endpoints that are gone, and those made longer than `age` ago by
/// PostgreSQL's clock; at most 1000. Returns how many.
std::int64_t cancel_of(db::Connection& connection, const std::vector<std::string>& endpoints);
std::int64_t cancel_older(db::Connection& connection, std::chrono::days age);

/// Lets PostgreSQL plan anew: partitions and queues that were empty when it did fill up, and then
/// other indexes are the right ones.
void forget_plans(db::Connection& connection);

/// The worker is not needed any more.
void leave(db::Connection& connection, std::string_view worker);

}  // namespace gatehouse::webhooks::store
