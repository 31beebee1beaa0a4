#include <boost/test/unit_test.hpp>
#include <future>

#include "database.h"

using namespace gatehouse;

namespace {

std::int64_t epoch(const std::string& topic) {
  return test::count("SELECT value AS count FROM epochs WHERE topic = '" + topic + "'");
}

bool mentions(const std::string& topics, const char* topic) {
  return topics.find(topic) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schema)

BOOST_AUTO_TEST_CASE(partitions_are_made_once_however_often_and_by_how_many) {
  // Days that no migration has made yet.
  static constexpr db::Statement ensure{"test_ensure",
                                        "SELECT journal_partitions_ensure(9) AS made"};
  std::vector<std::future<std::int64_t>> callers;
  for (const char* role : {"tokens", "tenants", "users", "services"}) {
    callers.push_back(std::async(std::launch::async, [role] {
      db::Connection connection(test::options(role));
      return connection.write(db::Scope::none(), ensure).integer(0, "made");
    }));
  }
  const std::int64_t journals = test::count(
      "SELECT count(*) FROM pg_class WHERE relkind = 'p' AND relnamespace = "
      "'gatehouse'::regnamespace");
  std::int64_t made = 0;
  for (auto& caller : callers) made += caller.get();
  BOOST_TEST(made == journals * 2);
  db::Connection connection(test::options("tokens"));
  BOOST_TEST(connection.write(db::Scope::none(), ensure).integer(0, "made") == 0);
}

BOOST_AUTO_TEST_CASE(only_partitions_past_their_days_are_dropped) {
  test::execute(
      "SET ROLE gatehouse_owner; CREATE TABLE access_log_p20200101 PARTITION OF access_log"
      " FOR VALUES FROM ('2020-01-01') TO ('2020-01-02')");
  const auto before = test::count("SELECT count(*) FROM pg_inherits");
  db::Connection connection(test::options("services"));
  constexpr db::Statement drop{"test_drop",
                               "SELECT journal_partition_drop($1, $2, $3, 1, 'x') AS dropped"};
  BOOST_CHECK_THROW(connection.write(db::Scope::none(), drop, {0, 1, 90}), db::StatementError);
  BOOST_CHECK_THROW(connection.write(db::Scope::none(), drop, {1, 1, 89}), db::StatementError);
  BOOST_TEST(connection.write(db::Scope::none(), drop, {1, 1, 90}).text(0, "dropped") ==
             "access_log_p20200101");
  BOOST_TEST(test::count("SELECT count(*) FROM pg_class WHERE relname = 'access_log_p20200101'") ==
             0);
  BOOST_TEST(test::count("SELECT count(*) FROM pg_inherits") < before);
  BOOST_TEST(connection.write(db::Scope::none(), drop, {1, 1, 90}).is_null(0, "dropped"));
}

BOOST_AUTO_TEST_CASE(epochs_follow_what_caches_hold) {
  const test::Household house;
  const auto service = test::unique("svc");
  const std::pair<std::string, std::string> steps[] = {
      {"", "INSERT INTO services (client_id, service_name) VALUES ('$', 'x')"},
      {"", "INSERT INTO service_secrets (id, client_id, secret_hash) VALUES ('$', '$', '$')"},
      {"clients",
       "INSERT INTO service_scopes (client_id, scope, granted_by) VALUES ('$', 'a', 'x')"},
      {"clients", "DELETE FROM service_scopes WHERE client_id = '$'"},
      {"clients", "UPDATE service_secrets SET expires_at = now() WHERE client_id = '$'"},
      {"clients", "DELETE FROM service_secrets WHERE client_id = '$'"},
      {"clients", "UPDATE services SET status = 'disabled' WHERE client_id = '$'"},
      {"", "UPDATE services SET status = 'disabled' WHERE client_id = 'none'"},
      {"clients", "DELETE FROM services WHERE client_id = '$'"},
      {"clients", "INSERT INTO agent_kills VALUES ('svc_$', 'a test', 'x', now())"},
      {"clients", "DELETE FROM agent_kills WHERE target = 'svc_$'"},
      {"", "DELETE FROM agent_kills WHERE target = 'svc_$'"},
      {"clients tenant_keys",
       "UPDATE tenants SET status = 'disabled' WHERE id = '" + house.tenant + "'"},
      {"", "UPDATE tenants SET name = 'y' WHERE id = '" + house.tenant + "'"},
      {"tenant_keys",
       "UPDATE tenant_keys SET expires_at = now() WHERE tenant_id = '" + house.tenant + "'"},
      {"tenant_keys", "DELETE FROM tenant_keys WHERE tenant_id = '" + house.tenant + "'"},
      {"signing_keys",
       "INSERT INTO signing_keys (kid, algorithm, private_sealed, public_jwk, signs_from)"
       " VALUES ('$', 'ES256', '', '{}', now() + interval '1 day')"},
      {"signing_keys", "DELETE FROM signing_keys WHERE kid = '$'"},
      {"revoked_tokens", "SELECT revoke_token('$', 'svc', now() + interval '1 minute')"},
      {"", "SELECT revoke_token('$', 'svc', now() + interval '1 minute')"},
      {"", "DELETE FROM revoked_tokens WHERE jti = '$'"},
  };
  for (const auto& [topics, sql] : steps) {
    BOOST_TEST_CONTEXT(sql) {
      std::string text = sql;
      for (auto at = text.find('$'); at != text.npos; at = text.find('$'))
        text.replace(at, 1, service);
      const std::int64_t before[] = {epoch("clients"), epoch("tenant_keys"), epoch("signing_keys"),
                                     epoch("revoked_tokens")};
      test::execute(text);
      BOOST_TEST(epoch("clients") - before[0] == mentions(topics, "clients"));
      BOOST_TEST(epoch("tenant_keys") - before[1] == mentions(topics, "tenant_keys"));
      BOOST_TEST(epoch("signing_keys") - before[2] == mentions(topics, "signing_keys"));
      BOOST_TEST(epoch("revoked_tokens") - before[3] == mentions(topics, "revoked_tokens"));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_api_key_is_found_in_every_tenant_by_its_hash_alone) {
  const test::Household house;
  db::Connection connection(test::options("users"));
  constexpr db::Statement look{"test_look", "SELECT * FROM lookup_api_key($1)"};
  const auto found = connection.read(db::Scope::none(), look, {as_bytes(house.tenant)});
  BOOST_TEST_REQUIRE(found.rows() == 1);
  BOOST_TEST(found.text(0, "tenant_id") == house.tenant);
  BOOST_TEST(found.text(0, "kind") == "secret");
  BOOST_TEST(found.text(0, "tenant_status") == "active");
  BOOST_TEST(connection.read(db::Scope::none(), look, {as_bytes("unknown")}).empty());
}

BOOST_AUTO_TEST_CASE(cleanup_removes_what_is_over_and_nothing_else) {
  const test::Household house, old;
  test::execute(
      "UPDATE sessions SET expires_at = now() - interval '2 days' WHERE id = '" + old.session +
      "';"
      "UPDATE one_time_tokens SET used_at = now() - interval '2 h' WHERE tenant_id = '" +
      old.tenant +
      "';"
      "UPDATE tenant_keys SET expires_at = now() - interval '2 h' WHERE tenant_id = '" +
      old.tenant +
      "';"
      "INSERT INTO tenant_keys (id, tenant_id, kind, key_hash, fingerprint) VALUES ('" +
      test::unique("tky") + "', '" + old.tenant + "', 'secret', 'new" + old.tenant + "', 'x')");
  db::Connection connection(test::options("services"));
  constexpr db::Statement cleanup{"test_cleanup", "SELECT cleanup($1, 3600, 1000) AS deleted"};
  for (const char* kind : {"sessions", "one_time_tokens", "tenant_keys"})
    BOOST_TEST(connection.write(db::Scope::none(), cleanup, {kind}).integer(0, "deleted") >= 1);
  BOOST_CHECK_THROW(connection.write(db::Scope::none(), cleanup, {"users"}), db::StatementError);
  for (const std::string table : {"sessions", "one_time_tokens"}) {
    BOOST_TEST(test::count("SELECT count(*) FROM " + table + " WHERE tenant_id = '" + old.tenant +
                           "'") == 0);
    BOOST_TEST(test::count("SELECT count(*) FROM " + table + " WHERE tenant_id = '" + house.tenant +
                           "'") == 1);
  }
  BOOST_TEST(
      test::count("SELECT count(*) FROM tenant_keys WHERE tenant_id = '" + old.tenant + "'") == 1);
  BOOST_TEST(test::count("SELECT count(*) FROM tenant_keys WHERE tenant_id = '" + house.tenant +
                         "'") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
