#pragma once

#include <string>
#include <string_view>

#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::outbox {

/// Something that happened and that others may want to be told of. Never holds a secret, a token or
/// a password.
struct Event {
  std::string_view type;       ///< `agent.killed`: stable, past tense
  std::string_view tenant_id;  ///< whom it concerns; empty: the platform
  std::string_view data;       ///< a JSON object; goes out byte by byte as it is given here
  std::string_view trace_id;   ///< of the request that made it; empty where none did
  /// What it is about (an order's number, say): endpoints that want it get the events of one key
  /// one after the other. Empty: it has no place among others.
  std::string_view ordering_key = {};
  std::string_view source = {};       ///< who told of it, `svc_...` say; empty: this system
  std::string_view endpoint_id = {};  ///< the only one that is to get it; empty: all that want it
};

/// Queues the event in the change's own transaction: what is rolled back has not happened, and what
/// is committed is never forgotten. Those of a tenant wait for delivery from then on. Functions may
/// add events; none may change or remove one. Returns its id, `evt_...`.
std::string publish(db::Transaction& transaction, const Event& event, Time now);

}  // namespace gatehouse::outbox
