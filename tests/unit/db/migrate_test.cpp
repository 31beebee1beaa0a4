#include "db/migrate.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "database.h"

using namespace gatehouse;

namespace {

/// An empty database and an empty directory of migrations.
class Scratch {
 public:
  Scratch()
      : name_(test::unique("scratch")), directory_(std::filesystem::temp_directory_path() / name_) {
    std::filesystem::create_directory(directory_);
    test::execute("CREATE DATABASE " + name_ + " OWNER gatehouse_owner");
  }
  ~Scratch() {
    std::filesystem::remove_all(directory_);
    test::execute("DROP DATABASE " + name_ + " WITH (FORCE)");
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  void file(const std::string& name, const std::string& sql) const {
    std::ofstream(directory_ / name) << sql;
  }
  std::vector<db::Migration> load() const { return db::load_migrations(directory_); }
  db::ConnectionOptions owner() const {
    auto options = test::options("owner");
    options.conninfo += " dbname=" + name_;
    options.timeout = std::chrono::seconds(20);
    return options;
  }
  /// Names of what was applied.
  std::string migrate() const {
    db::Connection connection(owner());
    std::string names;
    db::migrate(connection, load(),
                [&](const db::Migration& migration) { names += migration.name + " "; });
    return names;
  }
  bool has(const std::string& table) const {
    db::Connection connection(owner());
    constexpr db::Statement find{"test_has", "SELECT to_regclass($1::text) IS NOT NULL AS found"};
    return connection.read(db::Scope::none(), find, {"gatehouse." + table}).boolean(0, "found");
  }

 private:
  std::string name_;
  std::filesystem::path directory_;
};

auto says(const std::string& text) {
  return [text](const std::exception& error) {
    BOOST_TEST_MESSAGE(error.what());
    return std::string(error.what()).find(text) != std::string::npos;
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(migrations)

BOOST_AUTO_TEST_CASE(files_are_applied_in_order_and_once) {
  const Scratch scratch;
  scratch.file("0002_more.sql", "ALTER TABLE a ADD y int;\n-- a comment at the end");
  scratch.file("0001_first.sql", "CREATE TABLE a (x int);\nINSERT INTO a VALUES (1);");
  scratch.file("bootstrap.sql", "nonsense");
  BOOST_TEST(scratch.migrate() == "0001_first.sql 0002_more.sql ");
  BOOST_TEST(scratch.migrate() == "");
  scratch.file("0003_third.sql", "CREATE TABLE b (x int)");
  BOOST_TEST(scratch.migrate() == "0003_third.sql ");
  BOOST_TEST(scratch.has("b"));
}

BOOST_AUTO_TEST_CASE(many_at_once_apply_each_file_once) {
  const Scratch scratch;
  for (int number = 1; number <= 4; ++number) {
    scratch.file("000" + std::to_string(number) + "_t.sql",
                 "CREATE TABLE t" + std::to_string(number) + " (x int)");
  }
  std::atomic<int> applied{0}, failed{0};
  {
    std::vector<std::jthread> migrators;
    for (int one = 0; one < 4; ++one) {
      migrators.emplace_back([&] {
        try {
          db::Connection connection(scratch.owner());
          db::migrate(connection, scratch.load(), [&](const db::Migration&) { ++applied; });
        } catch (const std::exception& error) {
          ++failed;
        }
      });
    }
  }
  BOOST_TEST(failed == 0);
  BOOST_TEST(applied == 4);
}

BOOST_AUTO_TEST_CASE(a_file_that_fails_leaves_no_trace) {
  const Scratch scratch;
  scratch.file("0001_good.sql", "CREATE TABLE good (x int)");
  scratch.file("0002_bad.sql", "CREATE TABLE half (x int);\nSELECT * FROM\n nowhere;");
  BOOST_CHECK_EXCEPTION(scratch.migrate(), db::MigrationError, says("0002_bad.sql failed"));
  BOOST_TEST(scratch.has("good"));
  BOOST_TEST(!scratch.has("half"));
  scratch.file("0002_bad.sql", "CREATE TABLE half (x int)");
  BOOST_TEST(scratch.migrate() == "0002_bad.sql ");
}

BOOST_AUTO_TEST_CASE(errors_name_the_files_own_line) {
  const Scratch scratch;
  scratch.file("0001_bad.sql", "CREATE TABLE a (x int);\n\nSELECT nothing FROM a;");
  BOOST_CHECK_EXCEPTION(scratch.migrate(), db::MigrationError, says("line 3"));
}

BOOST_AUTO_TEST_CASE(a_changed_file_is_refused) {
  const Scratch scratch;
  scratch.file("0001_first.sql", "CREATE TABLE a (x int)");
  scratch.migrate();
  scratch.file("0001_first.sql", "CREATE TABLE a (x bigint)");
  BOOST_CHECK_EXCEPTION(scratch.migrate(), db::MigrationError, says("was changed after"));
}

BOOST_AUTO_TEST_CASE(a_database_that_is_ahead_is_refused) {
  const Scratch scratch;
  scratch.file("0001_first.sql", "CREATE TABLE a (x int)");
  scratch.migrate();
  db::Connection owner(scratch.owner());
  owner.execute("INSERT INTO gatehouse.schema_migrations VALUES (2, '0002_future.sql', 'x')");
  BOOST_CHECK_EXCEPTION(scratch.migrate(), db::MigrationError, says("0002_future.sql"));
}

BOOST_AUTO_TEST_CASE(gaps_and_doubles_in_the_numbers_are_refused) {
  const Scratch scratch;
  BOOST_CHECK_THROW(scratch.load(), db::MigrationError);
  scratch.file("0001_first.sql", "SELECT 1");
  scratch.file("0003_third.sql", "SELECT 1");
  BOOST_CHECK_EXCEPTION(scratch.load(), db::MigrationError, says("0003_third.sql"));
  scratch.file("0002_second.sql", "SELECT 1");
  BOOST_TEST(scratch.load().size() == 3);
  scratch.file("0002_another.sql", "SELECT 1");
  BOOST_CHECK_THROW(scratch.load(), db::MigrationError);
}

BOOST_AUTO_TEST_SUITE_END()
