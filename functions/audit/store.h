#pragma once

#include <vector>

#include "audit/trail.h"
#include "db/connection.h"

/// The SQL of this function.
namespace gatehouse::trail::store {

std::vector<Entry> read(db::Connection& connection, const Filter& filter, int limit);

}  // namespace gatehouse::trail::store
