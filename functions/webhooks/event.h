#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/principal.h"
#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::webhooks {

/// A delivery's body is at most 256 KiB; what is round the data takes less than this.
inline constexpr std::size_t longest_data = 256 * 1024UL - 512;
inline constexpr std::size_t longest_ordering_key = 128;

/// What an application wants others to be told of.
struct Publication {
  std::string type, data, ordering_key;
};

/// Queues the event in the transaction, which must have the tenant's scope; returns its id. Throws
/// Failure 404 `tenant_not_found` for a tenant that is not active, 422 `event_type_unknown` unless
/// the type is the tenant's own: nobody speaks in the platform's name.
std::string publish(db::Transaction& transaction, const auth::Principal& publisher,
                    std::string_view tenant_id, const Publication& wanted,
                    std::string_view trace_id, Time now);

/// A place in the feed of events. Events are in the order of their transactions, and only those
/// are in it below which nothing can be added any more: whoever reads on from where it stopped
/// misses none.
struct Position {
  std::uint64_t transaction = 0;
  std::int64_t sequence = 0;
};
/// `<transaction>-<sequence>`, for callers to hand back as it is.
std::string cursor_text(const Position& position);
/// Throws Failure 400 `cursor_invalid`.
Position parse_cursor(std::string_view text);

struct Event {
  std::string id;
  Time at;
  std::string type;
  std::string data;  ///< JSON
  std::optional<std::string> ordering_key, source;
};

struct FeedRequest {
  std::string tenant_id;               ///< empty: the platform's own events
  std::optional<std::string> pattern;  ///< of the types that are wanted
  Position after;
  int limit = 100;
};

struct FeedPage {
  std::vector<Event> events;
  Position last;      ///< where the next page begins
  bool more = false;  ///< there is a next page already
};

/// At most `limit` events and about 512 KiB. Where few are wanted, a page may be shorter than that
/// or empty and have more behind it: the feed is looked through in bounded steps.
FeedPage read_feed(db::Connection& connection, const FeedRequest& wanted);

}  // namespace gatehouse::webhooks
