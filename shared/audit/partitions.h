#pragma once

#include <string_view>

#include "db/connection.h"

namespace gatehouse::audit {

inline constexpr db::Statement ensure_partitions{"audit_ensure_partitions",
                                                 "SELECT journal_partitions_ensure(3)"};

/// Does `write`, and once more where a journal lacked the day's partition: it is made then. Whoever
/// has slept for a week, or whose partitions nobody made, must not lose rows for it.
template <typename Write>
void with_partitions(db::Connection& connection, Write write) {
  constexpr std::string_view check_violation = "23514";  // also: no partition for the row
  try {
    return write();
  } catch (const db::StatementError& error) {
    if (error.sqlstate() != check_violation) throw;
  }
  connection.write(db::Scope::none(), ensure_partitions);
  write();
}

}  // namespace gatehouse::audit
