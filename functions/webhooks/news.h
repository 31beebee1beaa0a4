#pragma once

#include <vector>

#include "core/time.h"
#include "db/connection.h"
#include "webhooks/result_store.h"

namespace gatehouse::webhooks {

/// What delivery itself tells of, in the transaction of what happened: an audit row and an event
/// each. Of what was given up, dead letters; `webhook.dead_letter` itself may become one, and then
/// raises no event.
void tell(db::Transaction& transaction, const std::vector<store::GivenUp>& given_up, Time now);
void tell(db::Transaction& transaction, const std::vector<store::Change>& changes, Time now);

}  // namespace gatehouse::webhooks
