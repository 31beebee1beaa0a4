#pragma once

#include "webhooks/delivery.h"

/// The SQL that shows deliveries and lines them up again. Transactions must have the scope of the
/// tenant that is named.
namespace gatehouse::webhooks::store {

DeliveryPage deliveries(db::Connection& connection, std::string_view tenant_id,
                        const DeliveryFilter& filter, const std::optional<DeliveryPosition>& before,
                        int limit);
std::optional<DeliveryWithAttempts> find_delivery(db::Connection& connection,
                                                  std::string_view tenant_id, std::string_view id);

struct LockedDelivery {
  std::string state;
  std::string endpoint_status;  ///< empty: there is no such endpoint any more
  bool event_kept = false;
  Time created_at{};
};
/// Nobody else lines it up again until the transaction ends.
std::optional<LockedDelivery> lock_delivery(db::Transaction& transaction,
                                            std::string_view tenant_id, std::string_view id);
void line_up_again(db::Transaction& transaction, std::string_view tenant_id, std::string_view id,
                   Time created_at);
std::int64_t redrive(db::Transaction& transaction, std::string_view tenant_id,
                     const DeliveryFilter& filter, int most);

}  // namespace gatehouse::webhooks::store
