#pragma once

#include <cstdint>

#include "db/connection.h"

namespace gatehouse::system {

/// How many migrations the database has had. Throws db::Unavailable where PostgreSQL does not
/// answer in time, Failure 503 `database_not_ready` where it has not been set up.
std::int64_t applied_migrations(db::Connection& connection);

}  // namespace gatehouse::system
