#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::webhooks {

/// One event for one endpoint, and what became of it. The worker makes and changes them
/// (dispatcher.h); here they are shown, and lined up again.
struct Delivery {
  std::string id;  ///< `dlv_...`
  std::string endpoint_id, event_id, event_type;
  std::optional<std::string> ordering_key;
  std::string state;  ///< pending, delivered, dead_letter, cancelled
  std::int64_t attempts = 0, interrupted = 0;
  std::optional<std::int64_t> last_status;
  std::optional<std::string> last_failure;
  std::optional<Time> last_attempt_at, next_attempt_at, finished_at;
  Time created_at{};
};

struct Attempt {
  std::int64_t number = 0;
  Time at{};
  std::string outcome;  ///< delivered, failed, interrupted
  std::optional<std::int64_t> latency_ms, status;
  std::optional<std::string> failure;
  std::optional<std::string> answer;  ///< the first 16 KiB
};

struct DeliveryWithAttempts {
  Delivery delivery;
  std::vector<Attempt> attempts;  ///< the latest hundred, in their order
};

/// Which deliveries: those that agree with whatever is given.
struct DeliveryFilter {
  std::optional<std::string> endpoint_id, state;
  std::optional<std::string> pattern;  ///< of the event's type
  std::optional<Time> since, until;    ///< since <= created_at < until
};

/// A place in the list of deliveries.
struct DeliveryPosition {
  Time at{};
  std::string id;
};
/// `<microseconds since 1970>-<id>`, for callers to hand back as it is.
std::string cursor_text(const DeliveryPosition& position);
/// Throws Failure 400 `cursor_invalid`.
DeliveryPosition parse_delivery_cursor(std::string_view text);

struct DeliveryPage {
  std::vector<Delivery> deliveries;
  std::optional<DeliveryPosition> next;  ///< absent: that was all
};

/// The tenant's deliveries, newest first, at most `limit`. Where few agree with the filter, a page
/// may be shorter than that, or empty, and have more behind it.
DeliveryPage list_deliveries(db::Connection& connection, std::string_view tenant_id,
                             const DeliveryFilter& filter,
                             const std::optional<DeliveryPosition>& before, int limit);

/// Throws Failure 404 `delivery_not_found`.
DeliveryWithAttempts show_delivery(db::Connection& connection, std::string_view tenant_id,
                                   std::string_view id);

/// Lines a delivery up again, behind all that wait; it keeps its id, and its event's. Throws
/// Failure 404 `delivery_not_found`, 422 `delivery_pending`, `endpoint_disabled`, `endpoint_gone`,
/// `event_gone`.
void resend(db::Transaction& transaction, std::string_view tenant_id, std::string_view id);

/// At once, so that nobody waits for the rows of a long list; whoever wants more asks again.
inline constexpr int most_redriven = 1000;

/// Lines dead letters up again that agree with the filter, the oldest events first. Those of an
/// endpoint that is disabled or gone stay where they are. Returns how many: at most
/// `most_redriven`. `filter.state` is ignored.
std::int64_t redrive(db::Transaction& transaction, std::string_view tenant_id,
                     const DeliveryFilter& filter);

}  // namespace gatehouse::webhooks
