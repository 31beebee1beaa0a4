#pragma once

#include <string>
#include <string_view>

#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::outbox {

/// A change of this system's own, as others are told of it: by whom, to what. Ids and names only.
struct Change {
  std::string_view type;           ///< `user.created`
  std::string_view tenant_id;      ///< whom it concerns; empty: the platform
  std::string_view resource_type;  ///< what was changed: tenant, user, session, service ...
  std::string_view resource_id;
  std::string_view actor_kind;     ///< see audit::actor_kind(); operator, job
  std::string_view actor_id;       ///< empty: a stranger, or nobody's to know
  std::string_view detail = "{}";  ///< a JSON object, whose members are added to the event's
  std::string_view trace_id = {};
};

/// `{"resource_type", "resource_id", "actor_kind", "actor_id", ...}`: the data of the event.
std::string describe(const Change& change);

/// Queues the event of a change, as publish() does.
std::string publish(db::Transaction& transaction, const Change& change, Time now);

}  // namespace gatehouse::outbox
