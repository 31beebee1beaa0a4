#include "system/store.h"

namespace gatehouse::system::store {
namespace {

constexpr db::Statement select_migrations{"system_count_migrations",
                                          "SELECT count(*) AS applied FROM schema_migrations"};

bool not_set_up(const db::StatementError& error) {
  return error.sqlstate() == "42P01" || error.sqlstate() == "42501";
}

}  // namespace

std::optional<std::int64_t> count_migrations(db::Connection& connection) {
  try {
    return connection.read(db::Scope::none(), select_migrations).integer(0, "applied");
  } catch (const db::StatementError& error) {
    if (not_set_up(error)) return std::nullopt;
    throw;
  }
}

}  // namespace gatehouse::system::store
