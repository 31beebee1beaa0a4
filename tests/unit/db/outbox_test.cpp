#include <boost/test/unit_test.hpp>

#include "core/ids.h"
#include "database.h"
#include "outbox/change.h"
#include "outbox/event.h"

using namespace gatehouse;

namespace {

struct Fixture {
  const std::string tenant = test::unique("tnt");
  db::Connection connection{test::options("users")};
  const Time now = SystemClock().now();

  std::string publish(db::Transaction& work, std::string_view data = "{}",
                      std::string_view trace = "t") {
    return outbox::publish(
        work, {.type = "test.happened", .tenant_id = tenant, .data = data, .trace_id = trace}, now);
  }
  std::int64_t waiting(const std::string& id) const {
    return test::count(
        "SELECT count(*) FROM event_queue q JOIN events e ON e.id = q.event_id AND"
        " e.created_at = q.event_created_at AND e.sequence = q.sequence"
        " WHERE q.event_id = '" +
        id + "'");
  }
  std::int64_t stored(const std::string& condition = "true") const {
    return test::count("SELECT count(*) FROM events WHERE tenant_id = '" + tenant + "' AND " +
                       condition);
  }
};

bool refused(db::Connection& connection, const std::string& sql) {
  try {
    connection.execute(sql);
    return false;
  } catch (const db::StatementError& error) {
    return error.sqlstate() == "42501";
  }
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(outbox_of_events, Fixture)

BOOST_AUTO_TEST_CASE(an_event_is_there_once_its_change_is_committed) {
  db::Transaction work(connection, db::Scope::none());
  const std::string id = publish(work, R"({"b": 1,  "a": [2]})");
  BOOST_TEST(is_id("evt_", id));
  BOOST_TEST(stored() == 0);
  work.commit();
  BOOST_TEST(waiting(id) == 1);
  BOOST_TEST(stored("id = '" + id + "' AND type = 'test.happened' AND trace_id = 't'") == 1);
  BOOST_TEST(stored(R"(data::text = '{"b": 1,  "a": [2]}')") == 1);
}

BOOST_AUTO_TEST_CASE(what_was_rolled_back_has_not_happened) {
  {
    db::Transaction work(connection, db::Scope::none());
    publish(work);
    work.run({"test_one", "SELECT 1"});
  }
  BOOST_TEST(stored() == 0);
}

BOOST_AUTO_TEST_CASE(an_event_may_be_the_platforms_and_of_no_request) {
  db::Transaction work(connection, db::Scope::none());
  const std::string id =
      outbox::publish(work, {.type = "t", .tenant_id = {}, .data = "{}", .trace_id = {}}, now);
  work.commit();
  BOOST_TEST(test::count("SELECT count(*) FROM events WHERE tenant_id IS NULL AND trace_id IS NULL"
                         " AND id = '" +
                         id + "'") == 1);
  BOOST_TEST(waiting(id) == 0);  // nobody has an endpoint for it
}

BOOST_AUTO_TEST_CASE(events_are_numbered_in_their_order) {
  for (int i = 0; i < 3; ++i) {
    db::Transaction work(connection, db::Scope::none());
    publish(work, R"({"n": 1})");
    outbox::publish(work,
                    {.type = "test.happened",
                     .tenant_id = tenant,
                     .data = R"({"n": 2})",
                     .trace_id = {},
                     .ordering_key = "order 7",
                     .source = "svc_x"},
                    now);
    work.commit();
  }
  BOOST_TEST(stored("ordering_key = 'order 7' AND source = 'svc_x'") == 3);
  BOOST_TEST(stored("ordering_key IS NULL AND source IS NULL") == 3);
  BOOST_TEST(test::count("SELECT count(*) FROM (SELECT data->>'n' AS n, row_number() OVER"
                         " (ORDER BY xid, sequence) AS place FROM events WHERE tenant_id = '" +
                         tenant + "') e WHERE n::int = 2 - place % 2") == 6);
}

BOOST_AUTO_TEST_CASE(a_change_tells_who_did_what_to_whom) {
  outbox::Change change{.type = "user.changed",
                        .tenant_id = tenant,
                        .resource_type = "user",
                        .resource_id = "usr_1",
                        .actor_kind = "service",
                        .actor_id = "svc_1"};
  BOOST_TEST(outbox::describe(change) ==
             R"({"resource_type":"user","resource_id":"usr_1","actor_kind":"service",)"
             R"("actor_id":"svc_1"})");
  change.actor_kind = "anonymous";
  change.actor_id = {};
  change.resource_id = "a \"name\"";
  change.detail = R"({"changed":["email"],"n":1})";
  BOOST_TEST(outbox::describe(change) ==
             R"({"resource_type":"user","resource_id":"a \"name\"","actor_kind":"anonymous",)"
             R"("changed":["email"],"n":1})");
  db::Transaction work(connection, db::Scope::none());
  const std::string id = outbox::publish(work, change, now);
  work.commit();
  BOOST_TEST(waiting(id) == 1);
  BOOST_TEST(stored("type = 'user.changed' AND data->>'resource_id' = 'a \"name\"' AND bytes ="
                    " octet_length(data::text)") == 1);
}

BOOST_AUTO_TEST_CASE(an_event_may_be_for_one_endpoint) {
  db::Transaction work(connection, db::Scope::none());
  outbox::publish(work,
                  {.type = "test.pinged",
                   .tenant_id = tenant,
                   .data = "{}",
                   .trace_id = {},
                   .endpoint_id = "whk_1"},
                  now);
  work.commit();
  BOOST_TEST(test::count("SELECT count(*) FROM event_queue q JOIN events e ON e.id = q.event_id"
                         " WHERE e.tenant_id = '" +
                         tenant + "' AND q.endpoint_id = 'whk_1'") == 1);
}

BOOST_AUTO_TEST_CASE(a_type_is_meant_by_itself_its_level_and_all) {
  const auto patterns = [](const std::string& type, const std::string& expected) {
    return test::count("SELECT count(*) FROM event_patterns('" + type +
                       "') AS found WHERE found = '" + expected + "'") == 1;
  };
  BOOST_TEST(patterns("user.created", "{user.created,user.*,*}"));
  BOOST_TEST(patterns("order.line.added", "{order.line.added,order.line.*,*}"));
}

BOOST_AUTO_TEST_CASE(what_is_no_json_takes_its_change_along) {
  db::Transaction work(connection, db::Scope::none());
  publish(work, "{");
  BOOST_CHECK_THROW(work.commit(), db::StatementError);
}

BOOST_AUTO_TEST_CASE(functions_may_add_events_and_nothing_else) {
  for (const char* role : {"tokens", "tenants", "users", "services", "audit"}) {
    BOOST_TEST_CONTEXT(role) {
      db::Connection own(test::options(role));
      {
        db::Transaction work(own, db::Scope::none());
        publish(work);
        BOOST_CHECK_NO_THROW(work.commit());
      }
      for (const char* sql :
           {"SELECT * FROM events", "UPDATE events SET type = 'x'", "DELETE FROM events",
            "TRUNCATE events", "SELECT * FROM event_queue", "DELETE FROM event_queue",
            "INSERT INTO events (id, created_at, type, data, xid) VALUES ('x',"
            " now(), 'x', '{}', '1')"}) {
        BOOST_TEST(refused(own, sql), sql);
      }
    }
  }
  db::Connection system(test::options("system"));
  BOOST_TEST(refused(system,
                     "INSERT INTO events (id, created_at, type, data) VALUES ('x', now(),"
                     " 'x', '{}')"));
}

BOOST_AUTO_TEST_CASE(a_reader_sees_the_events_of_its_tenant) {
  db::Transaction work(connection, db::Scope::none());
  publish(work);
  work.commit();
  db::Connection reader(test::options("operator"));
  const db::Statement mine{"test_mine", "SELECT id FROM events WHERE tenant_id = $1"};
  BOOST_TEST(reader.read(db::Scope::tenant(tenant), mine, {tenant}).rows() == 1);
  BOOST_TEST(reader.read(db::Scope::tenant(test::unique("tnt")), mine, {tenant}).empty());
  BOOST_TEST(reader.read(db::Scope::none(), mine, {tenant}).empty());
  BOOST_TEST(reader.read(db::Scope::platform(), mine, {tenant}).rows() == 1);
}

BOOST_AUTO_TEST_CASE(only_days_that_are_over_are_dropped) {
  test::execute(
      "SET timezone = 'UTC'; SET ROLE gatehouse_owner; CREATE TABLE events_p20200101 PARTITION OF"
      " events FOR VALUES FROM ('2020-01-01') TO ('2020-01-02')");
  const db::Statement drop{"test_drop_events",
                           "SELECT journal_partition_drop(1, 1, 90, $1::int, 'x') AS dropped"};
  db::Connection services(test::options("services"));
  BOOST_CHECK_THROW(services.write(db::Scope::none(), drop, {0}), db::StatementError);
  BOOST_CHECK_THROW(connection.write(db::Scope::none(), drop, {1}), db::StatementError);
  BOOST_TEST(services.write(db::Scope::none(), drop, {1}).text(0, "dropped") == "events_p20200101");
  BOOST_TEST(services.write(db::Scope::none(), drop, {1}).is_null(0, "dropped"));
}

BOOST_AUTO_TEST_SUITE_END()
