#pragma once

#include <cstdint>
#include <optional>

#include "db/connection.h"

/// The SQL of this function.
namespace gatehouse::system::store {

/// None where there is no table of them, or none that this role may read.
std::optional<std::int64_t> count_migrations(db::Connection& connection);

}  // namespace gatehouse::system::store
