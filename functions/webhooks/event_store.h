#pragma once

#include "webhooks/event.h"

/// The SQL about events.
namespace gatehouse::webhooks::store {

struct MayPublish {
  bool tenant_active = false, type_known = false;
};
MayPublish may_publish(db::Transaction& transaction, std::string_view tenant_id,
                       std::string_view type);

FeedPage read_feed(db::Connection& connection, const FeedRequest& wanted);

}  // namespace gatehouse::webhooks::store
