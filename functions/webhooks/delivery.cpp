#include "webhooks/delivery.h"

#include <charconv>

#include "core/ids.h"
#include "webhooks/delivery_store.h"
#include "webhooks/errors.h"

namespace gatehouse::webhooks {

std::string cursor_text(const DeliveryPosition& position) {
  return std::to_string(position.at.time_since_epoch().count()) + '-' + position.id;
}

DeliveryPosition parse_delivery_cursor(std::string_view text) {
  // PostgreSQL knows times up to here; a larger number is none of ours.
  constexpr std::int64_t latest = 9'000'000'000'000'000;
  std::int64_t at = 0;
  const auto [rest, error] = std::from_chars(text.begin(), text.end(), at);
  text.remove_prefix(static_cast<std::size_t>(rest - text.begin()));
  if (error != std::errc() || at < 0 || at > latest || !text.starts_with('-') ||
      !is_id("dlv_", text.substr(1))) {
    throw Failure(errors::cursor_invalid);
  }
  return {Time(std::chrono::microseconds(at)), std::string(text.substr(1))};
}

DeliveryPage list_deliveries(db::Connection& connection, std::string_view tenant_id,
                             const DeliveryFilter& filter,
                             const std::optional<DeliveryPosition>& before, int limit) {
  return store::deliveries(connection, tenant_id, filter, before, limit);
}

DeliveryWithAttempts show_delivery(db::Connection& connection, std::string_view tenant_id,
                                   std::string_view id) {
  auto found = store::find_delivery(connection, tenant_id, id);
  if (!found) throw Failure(errors::delivery_not_found);
  return *std::move(found);
}

void resend(db::Transaction& transaction, std::string_view tenant_id, std::string_view id) {
  const auto found = store::lock_delivery(transaction, tenant_id, id);
  if (!found) throw Failure(errors::delivery_not_found);
  if (found->state == "pending") throw Failure(errors::delivery_pending);
  if (found->endpoint_status.empty()) throw Failure(errors::endpoint_gone);
  if (found->endpoint_status != "enabled") throw Failure(errors::endpoint_disabled);
  if (!found->event_kept) throw Failure(errors::event_gone);
  store::line_up_again(transaction, tenant_id, id, found->created_at);
}

std::int64_t redrive(db::Transaction& transaction, std::string_view tenant_id,
                     const DeliveryFilter& filter) {
  return store::redrive(transaction, tenant_id, filter, most_redriven);
}

}  // namespace gatehouse::webhooks
