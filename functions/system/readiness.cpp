#include "system/readiness.h"

#include "system/errors.h"
#include "system/store.h"

namespace gatehouse::system {

std::int64_t applied_migrations(db::Connection& connection) {
  const auto migrations = store::count_migrations(connection);
  if (!migrations || *migrations == 0) {
    throw Failure(errors::database_not_ready).retry_after(std::chrono::seconds(1));
  }
  return *migrations;
}

}  // namespace gatehouse::system
