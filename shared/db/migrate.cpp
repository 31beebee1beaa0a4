#include "db/migrate.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace gatehouse::db {
namespace {

// Any number will do, as long as nothing else in this database locks it.
constexpr const char* lock = "SELECT pg_advisory_xact_lock(4729170113);\n";
constexpr const char* already_applied = "GH002";

constexpr Statement exists{
    "db_migrations_exist",
    "SELECT to_regclass('gatehouse.schema_migrations') IS NOT NULL AS found"};
constexpr Statement applied_ones{"db_migrations_applied",
                                 "SELECT version, name, checksum FROM gatehouse.schema_migrations"};
constexpr Statement checksum_of{"db_checksum",
                                "SELECT encode(sha256($1::bytea), 'hex') AS checksum"};

std::string checksum(Connection& connection, const Migration& migration) {
  const auto result = connection.read(Scope::none(), checksum_of, {as_bytes(migration.sql)});
  return std::string(result.text(0, "checksum"));
}

/// NNNN of `NNNN_name.sql`, its name being [a-z0-9_]+; 0 where it is something else.
int version_of(std::string_view name) {
  constexpr std::string_view suffix = ".sql";
  int version = 0;
  const auto [end, error] =
      std::from_chars(name.data(), name.data() + std::min<std::size_t>(4, name.size()), version);
  if (error != std::errc() || end != name.data() + 4 || name.size() <= 5 + suffix.size() ||
      name[4] != '_' || !name.ends_with(suffix)) {
    return 0;
  }
  const auto word = name.substr(5, name.size() - 5 - suffix.size());
  const bool plain = word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == word.npos;
  return plain && version > 0 ? version : 0;
}

/// The file between what makes it safe: as one list of statements it is one transaction, without
/// any moment at which the connection could be lost between lock, check, work and record.
std::string guarded(const Migration& migration, const std::string& sum) {
  const std::string version = std::to_string(migration.version);
  // On one line in front of the file's first, so that errors name the file's own lines. The name
  // holds nothing but [a-z0-9_.], the sum is hexadecimal.
  return "SELECT pg_advisory_xact_lock(4729170113); SET LOCAL search_path = gatehouse; "
         "DO $guard$ BEGIN IF EXISTS (SELECT FROM schema_migrations WHERE version = " +
         version + ") THEN RAISE EXCEPTION 'already applied' USING ERRCODE = '" + already_applied +
         "'; END IF; END $guard$; " + migration.sql +
         "\n;RESET ROLE; INSERT INTO gatehouse.schema_migrations (version, name, checksum) VALUES "
         "(" +
         version + ", '" + migration.name + "', '" + sum + "')";
}

}  // namespace

std::vector<Migration> load_migrations(const std::string& directory) {
  std::vector<Migration> all;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename();
    const int version = version_of(name);
    if (version == 0) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    Migration migration{version, name, std::string(std::istreambuf_iterator<char>(file), {})};
    if (!file || migration.sql.empty()) throw MigrationError(name + " cannot be read or is empty");
    all.push_back(std::move(migration));
  }
  if (error) throw MigrationError(directory + " cannot be read: " + error.message());
  if (all.empty()) throw MigrationError("there are no migrations (NNNN_name.sql) in " + directory);
  std::ranges::sort(all, {}, &Migration::name);
  for (std::size_t index = 0; index < all.size(); ++index) {
    if (all[index].version != int(index) + 1) {
      throw MigrationError(all[index].name + " stands where number " + std::to_string(index + 1) +
                           " belongs: migrations are numbered 0001, 0002, ... without gaps");
    }
  }
  return all;
}

std::vector<Migration> pending_migrations(Connection& connection,
                                          const std::vector<Migration>& all) {
  if (!connection.read(Scope::none(), exists).boolean(0, "found")) return all;
  const auto rows = connection.read(Scope::none(), applied_ones);
  std::map<std::int64_t, std::string> sums;
  for (int row = 0; row < rows.rows(); ++row) {
    const auto version = rows.integer(row, "version");
    if (version > std::ssize(all)) {
      throw MigrationError(
          "the database has " + std::string(rows.text(row, "name")) +
          ", which this release does not know: use the release that applied it, or a newer one");
    }
    sums.emplace(version, rows.text(row, "checksum"));
  }
  std::vector<Migration> pending;
  for (const Migration& migration : all) {
    const auto applied = sums.find(migration.version);
    if (applied == sums.end()) {
      pending.push_back(migration);
    } else if (applied->second != checksum(connection, migration)) {
      throw MigrationError(migration.name +
                           " was changed after it had been applied: restore the file and put "
                           "the change into a new migration");
    }
  }
  return pending;
}

void migrate(Connection& connection, const std::vector<Migration>& all,
             const std::function<void(const Migration&)>& applied) {
  connection.execute(
      std::string(lock) +
      "CREATE SCHEMA IF NOT EXISTS gatehouse;\n"
      "CREATE TABLE IF NOT EXISTS gatehouse.schema_migrations (version int PRIMARY KEY,"
      " name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT "
      "now())");
  for (const Migration& migration : pending_migrations(connection, all)) {
    try {
      connection.execute(guarded(migration, checksum(connection, migration)));
      applied(migration);
    } catch (const StatementError& error) {
      if (error.sqlstate() == already_applied) continue;  // by another that runs at the same time
      throw MigrationError(migration.name + " failed, and nothing of it was kept: " + error.what());
    }
  }
  pending_migrations(connection,
                     all);  // what another has applied meanwhile may not be what is here
}

}  // namespace gatehouse::db
