#include <boost/test/unit_test.hpp>

#include "database.h"

using namespace gatehouse;

namespace {

/// Rows of `table` that belong to `tenant`, as `role` sees them in `scope`.
std::int64_t visible(const std::string& role, const std::string& table, const db::Scope& scope,
                     const std::string& tenant) {
  db::Connection connection(test::options(role));
  const std::string column = table == "tenants" ? "id" : "tenant_id";
  const std::string sql =
      "SELECT count(" + column + ") AS count FROM " + table + " WHERE " + column + " = $1";
  return connection.read(scope, {"test_visible", sql.c_str()}, {tenant}).integer(0, "count");
}

const std::pair<const char*, const char*> readers[] = {
    {"users", "tenants"},         {"users", "users"},      {"users", "sessions"},
    {"users", "one_time_tokens"}, {"tenants", "tenants"},  {"tenants", "tenant_keys"},
    {"tenants", "users"},         {"tenants", "sessions"}, {"tokens", "users"},
    {"tokens", "tenants"},        {"services", "tenants"}, {"operator", "sys_audit_logs"},
    {"operator", "tenants"},      {"operator", "users"},
};

bool refused(const std::string& role, const std::string& sql) {
  db::Connection connection(test::options(role));
  try {
    connection.execute(sql);
    return false;
  } catch (const db::StatementError& error) {
    return error.sqlstate() == "42501";
  }
}

db::Scope alive(const test::Household& house) {
  return db::Scope::session(house.tenant, house.user, house.session);
}

bool session_works(const db::Scope& scope) {
  db::Connection connection(test::options("users"));
  constexpr db::Statement me{"test_me", "SELECT id FROM users"};
  try {
    return connection.read(scope, me).rows() == 1;
  } catch (const db::StatementError& error) {
    BOOST_TEST(error.sqlstate() == db::session_ended);
    return false;
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(row_security)

BOOST_AUTO_TEST_CASE(every_table_with_a_tenant_is_protected_by_force) {
  // The journals that COPY writes, the services, and partitions, which nobody may touch directly.
  BOOST_TEST(
      test::count("SELECT count(*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
                  " WHERE c.relnamespace = 'gatehouse'::regnamespace AND a.attname = 'tenant_id'"
                  " AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
                  " AND c.relname NOT IN ('services', 'access_log')"
                  " AND NOT (c.relrowsecurity AND c.relforcerowsecurity)") == 0);
  BOOST_TEST(test::count("SELECT count(*) FROM pg_class c, aclexplode(c.relacl) acl"
                         " WHERE c.relnamespace = 'gatehouse'::regnamespace AND c.relispartition"
                         " AND acl.grantee <> 'gatehouse_owner'::regrole") == 0);
  BOOST_TEST(test::count("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'gatehouse%'"
                         " AND (rolsuper OR rolbypassrls OR rolcreaterole)") == 0);
}

BOOST_AUTO_TEST_CASE(a_tenant_sees_its_rows_and_nobody_elses) {
  const test::Household house, other;
  for (const auto& [role, table] : readers) {
    BOOST_TEST_CONTEXT(role << " reads " << table) {
      BOOST_TEST(visible(role, table, house.scope(), house.tenant) == 1);
      BOOST_TEST(visible(role, table, house.scope(), other.tenant) == 0);
      BOOST_TEST(visible(role, table, db::Scope::none(), house.tenant) == 0);
      BOOST_TEST(visible(role, table, db::Scope::tenant("' OR true --"), house.tenant) == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(only_named_roles_see_all_tenants) {
  const test::Household house;
  const auto all = db::Scope::platform();
  BOOST_TEST(visible("users", "users", all, house.tenant) == 1);
  BOOST_TEST(visible("tenants", "tenants", all, house.tenant) == 1);
  BOOST_TEST(visible("operator", "tenants", all, house.tenant) == 1);
  BOOST_TEST(visible("tenants", "users", all, house.tenant) == 0);
  BOOST_TEST(visible("tenants", "tenant_keys", all, house.tenant) == 0);
  BOOST_TEST(visible("users", "sessions", all, house.tenant) == 0);
  BOOST_TEST(visible("tokens", "users", all, house.tenant) == 0);
}

BOOST_AUTO_TEST_CASE(rows_cannot_be_written_into_another_tenant) {
  const test::Household house, other;
  db::Connection connection(test::options("users"));
  constexpr db::Statement add{"test_add",
                              "INSERT INTO users (id, tenant_id, email, email_key, password_hash)"
                              " VALUES ($1, $2, 'z', 'z', 'x')"};
  constexpr db::Statement move{"test_move", "UPDATE users SET tenant_id = $1"};
  constexpr db::Statement remove{"test_remove", "DELETE FROM users WHERE id = $1"};
  for (const auto& scope : {house.scope(), db::Scope::none(), db::Scope::platform()}) {
    BOOST_CHECK_EXCEPTION(connection.write(scope, add, {test::unique("usr"), other.tenant}),
                          db::StatementError,
                          [](const auto& error) { return error.sqlstate() == "42501"; });
    BOOST_TEST(connection.write(scope, remove, {other.user}).affected() == 0);
  }
  BOOST_CHECK_THROW(connection.write(house.scope(), move, {other.tenant}), db::StatementError);
}

BOOST_AUTO_TEST_CASE(a_session_cannot_belong_to_another_tenants_user) {
  const test::Household house, other;
  db::Connection connection(test::options("users"));
  constexpr db::Statement add{
      "test_add_session",
      "INSERT INTO sessions (id, tenant_id, user_id, expires_at) VALUES ($1, $2, $3, now())"};
  BOOST_CHECK_EXCEPTION(
      connection.write(house.scope(), add, {test::unique("ses"), house.tenant, other.user}),
      db::StatementError, [](const auto& error) { return error.sqlstate() == "23503"; });
}

BOOST_AUTO_TEST_CASE(no_function_does_more_than_its_work) {
  for (const char* role : {"tokens", "tenants", "users", "services", "system"}) {
    BOOST_TEST_CONTEXT(role) {
      BOOST_TEST(refused(role, "SELECT * FROM sys_audit_logs"));
      BOOST_TEST(refused(role, "DELETE FROM sys_audit_logs"));
      BOOST_TEST(refused(role, "UPDATE token_issuance SET scope = ''"));
      BOOST_TEST(refused(role, "UPDATE epochs SET value = 0"));
      BOOST_TEST(refused(role, "CREATE TABLE mine (x int)"));
      BOOST_TEST(refused(role, "INSERT INTO signing_keys (kid) VALUES ('x')"));
      BOOST_TEST(refused(role, "SET ROLE gatehouse_definer"));
      const std::string name = role;
      BOOST_TEST(refused(role, "SELECT private_sealed FROM signing_keys") ==
                 (name != "tokens" && name != "users"));
      BOOST_TEST(refused(role, "SELECT secret_hash FROM service_secrets") ==
                 (name != "tokens" && name != "services"));
      BOOST_TEST(refused(role, "SELECT password_hash FROM users") == (name != "users"));
      BOOST_TEST(refused(role, "SELECT * FROM access_log") == (name != "services"));
      BOOST_TEST(refused(role, "SELECT cleanup('sessions', 0, 1)") == (name != "services"));
      BOOST_TEST(refused(role, "DELETE FROM agent_kills") == (name != "services"));
      BOOST_TEST(refused(role, "UPDATE agent_kills SET target = 'svc_x'"));
      BOOST_TEST(refused(role, "UPDATE services SET calls_per_hour = 1") == (name != "services"));
    }
  }
  BOOST_TEST(refused("system", "SELECT * FROM services"));
  BOOST_TEST(!refused("system", "SELECT * FROM schema_migrations"));
}

BOOST_AUTO_TEST_CASE(a_live_session_lets_its_user_in) {
  const test::Household house;
  BOOST_TEST(session_works(alive(house)));
}

BOOST_AUTO_TEST_CASE(a_session_that_is_not_alive_and_its_does_not) {
  const test::Household other;
  const std::pair<const char*, const char*> ends[] = {
      {"ended", "UPDATE sessions SET ended_at = now() WHERE id = '$s'"},
      {"expired", "UPDATE sessions SET expires_at = now() - interval '1 s' WHERE id = '$s'"},
      {"gone", "DELETE FROM sessions WHERE id = '$s'"},
      {"its user disabled", "UPDATE users SET status = 'disabled' WHERE id = '$u'"},
      {"its user deleted", "DELETE FROM users WHERE id = '$u'"},
      {"its tenant disabled", "UPDATE tenants SET status = 'disabled' WHERE id = '$t'"},
  };
  for (const auto& [name, sql] : ends) {
    BOOST_TEST_CONTEXT(name) {
      const test::Household house;
      std::string text = sql;
      const std::pair<const char*, std::string> values[] = {
          {"$s", house.session}, {"$u", house.user}, {"$t", house.tenant}};
      for (const auto& [mark, value] : values) {
        if (const auto at = text.find(mark); at != text.npos) text.replace(at, 2, value);
      }
      BOOST_TEST(session_works(alive(house)));
      test::execute(text);
      BOOST_TEST(!session_works(alive(house)));
    }
  }
  const test::Household house;
  BOOST_TEST(!session_works(db::Scope::session(other.tenant, house.user, house.session)));
  BOOST_TEST(!session_works(db::Scope::session(house.tenant, other.user, house.session)));
  BOOST_TEST(!session_works(db::Scope::session(house.tenant, house.user, other.session)));
}

BOOST_AUTO_TEST_SUITE_END()
