#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "db/connection.h"

namespace gatehouse::db {

/// One file `NNNN_name.sql`.
struct Migration {
  int version;
  std::string name;  ///< `0001_tenants_and_users.sql`
  std::string sql;
};

/// The files and the database do not fit together, or a file fails; what() names the file and the
/// remedy.
class MigrationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The migrations in `directory`, in order. Throws MigrationError unless they are numbered 1, 2, 3
/// ...
std::vector<Migration> load_migrations(const std::string& directory);

/// Those that the database has not applied yet. Throws MigrationError if it knows a newer one or an
/// applied file has since been changed (SHA-256 of its bytes). Needs SELECT on schema_migrations.
std::vector<Migration> pending_migrations(Connection& connection,
                                          const std::vector<Migration>& all);

/// Applies what is pending, each file and its row in schema_migrations in one transaction, under an
/// advisory lock: any number of these at once apply every file exactly once. `applied` hears of
/// each file. `connection` is the owner's, with a timeout for the longest file. A file that fails
/// leaves no trace, those before it stay. Throws MigrationError, Unavailable, InDoubt (run it
/// again: nothing is done twice).
void migrate(Connection& connection, const std::vector<Migration>& all,
             const std::function<void(const Migration&)>& applied);

}  // namespace gatehouse::db
