#include <boost/test/unit_test.hpp>

#include "database.h"
#include "unreliable_proxy.h"

using namespace gatehouse;
using namespace std::chrono_literals;
using test::UnreliableProxy;

namespace {

constexpr db::Statement add_user{"test_add_user",
                                 "INSERT INTO users (id, tenant_id, email, email_key, "
                                 "password_hash) VALUES ($1, $2, $3, $3, 'x') RETURNING id"};
constexpr db::Statement users{"test_users", "SELECT id FROM users WHERE tenant_id = $1"};
constexpr db::Statement state{"test_state", "SELECT current_setting('app.tenant', true) AS tenant"};

std::int64_t users_of(const std::string& tenant) {
  return test::count("SELECT count(*) FROM users WHERE tenant_id = '" + tenant + "'");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(transaction)

BOOST_AUTO_TEST_CASE(what_was_run_and_queued_is_committed_together) {
  test::Household house;
  db::Connection connection(test::options("users"));
  {
    db::Transaction work(connection, house.scope());
    work.run(add_user, {test::unique("usr"), house.tenant, "b"});
    work.queue(add_user, {test::unique("usr"), house.tenant, "c"});
    BOOST_TEST(users_of(house.tenant) == 1);
    work.commit();
    BOOST_TEST(users_of(house.tenant) == 3);
  }
  BOOST_TEST(connection.read(db::Scope::none(), state).text(0, "tenant") == "");
}

BOOST_AUTO_TEST_CASE(what_was_only_queued_is_one_transaction_too) {
  test::Household house;
  db::Connection connection(test::options("users"));
  db::Transaction work(connection, house.scope());
  work.queue(add_user, {test::unique("usr"), house.tenant, "b"});
  work.queue(add_user, {test::unique("usr"), house.tenant, "b"});  // violates users_email_unique
  BOOST_CHECK_EXCEPTION(work.commit(), db::StatementError, [](const auto& error) {
    return error.unique_violation() && error.constraint() == "users_email_unique";
  });
  BOOST_TEST(users_of(house.tenant) == 1);
}

BOOST_AUTO_TEST_CASE(queued_parameters_may_go_before_they_are_sent) {
  test::Household house;
  db::Connection connection(test::options("users"));
  db::Transaction work(connection, house.scope());
  {
    const std::string id = test::unique("usr"), email = std::string(100, 'e');
    work.queue(add_user, {id, house.tenant, email});
  }
  work.commit();
  BOOST_TEST(
      test::count("SELECT count(*) FROM users WHERE email = repeat('e', 100) AND tenant_id = '" +
                  house.tenant + "'") == 1);
}

BOOST_AUTO_TEST_CASE(without_commit_nothing_happens) {
  test::Household house;
  db::Connection connection(test::options("users"));
  {
    db::Transaction work(connection, house.scope());
    work.run(add_user, {test::unique("usr"), house.tenant, "b"});
  }
  BOOST_TEST(users_of(house.tenant) == 1);
  BOOST_TEST(connection.read(house.scope(), users, {house.tenant}).rows() == 1);
}

BOOST_AUTO_TEST_CASE(a_failed_statement_fails_the_transaction) {
  test::Household house;
  db::Connection connection(test::options("users"));
  {
    db::Transaction work(connection, house.scope());
    work.run(add_user, {test::unique("usr"), house.tenant, "b"});
    BOOST_CHECK_THROW(work.run(add_user, {test::unique("usr"), house.tenant, "b"}),
                      db::StatementError);
    BOOST_CHECK_THROW(work.commit(), std::logic_error);
  }
  BOOST_TEST(users_of(house.tenant) == 1);
  BOOST_TEST(connection.read(house.scope(), users, {house.tenant}).rows() == 1);
}

BOOST_AUTO_TEST_CASE(a_queued_failure_surfaces_at_commit_and_rolls_back) {
  test::Household house;
  db::Connection connection(test::options("users"));
  {
    db::Transaction work(connection, house.scope());
    work.run(add_user, {test::unique("usr"), house.tenant, "b"});
    work.queue(add_user, {test::unique("usr"), house.tenant, "b"});
    BOOST_CHECK_THROW(work.commit(), db::StatementError);
  }
  BOOST_TEST(users_of(house.tenant) == 1);
  BOOST_TEST(connection.read(house.scope(), users, {house.tenant}).rows() == 1);
}

BOOST_AUTO_TEST_CASE(a_second_transaction_on_the_connection_is_a_bug) {
  db::Connection connection(test::options("users"));
  db::Transaction work(connection, db::Scope::none());
  BOOST_CHECK_THROW(db::Transaction(connection, db::Scope::none()), std::logic_error);
  BOOST_CHECK_THROW(connection.execute("SELECT 1"), std::logic_error);
}

BOOST_AUTO_TEST_CASE(reads_and_writes_during_a_transaction_are_part_of_it) {
  const test::Household house;
  db::Connection connection(test::options("users"));
  {
    db::Transaction work(connection, house.scope());
    connection.write(house.scope(), add_user, {test::unique("usr"), house.tenant, "b"});
    BOOST_TEST(connection.read(house.scope(), users, {house.tenant}).rows() == 2);
    BOOST_TEST(users_of(house.tenant) == 1);  // nobody else sees it yet
  }
  BOOST_TEST(users_of(house.tenant) == 1);
}

BOOST_AUTO_TEST_CASE(reads_during_a_transaction_leave_its_scope_as_it_was) {
  const test::Household house, other;
  db::Connection connection(test::options("users"));
  db::Transaction work(connection, house.scope());
  work.run(add_user, {test::unique("usr"), house.tenant, "b"});
  BOOST_TEST(connection.read(other.scope(), users, {other.tenant}).rows() == 1);
  BOOST_TEST(connection.read(db::Scope::none(), users, {house.tenant}).rows() == 0);
  BOOST_TEST(work.run(users, {house.tenant}).rows() == 2);
  BOOST_TEST(work.run(users, {other.tenant}).rows() == 0);
  BOOST_TEST(connection.read(other.scope(), users, {other.tenant}).rows() == 1);
  work.queue(add_user, {test::unique("usr"), house.tenant, "c"});
  work.commit();
  BOOST_TEST(users_of(house.tenant) == 3);
}

BOOST_AUTO_TEST_CASE(scope_that_is_entered_later_counts_from_then_on) {
  const test::Household house;
  db::Connection connection(test::options("users"));
  db::Transaction work(connection, db::Scope::none());
  BOOST_TEST(work.run(users, {house.tenant}).rows() == 0);
  work.savepoint();
  work.enter(house.scope());
  BOOST_TEST(work.run(users, {house.tenant}).rows() == 1);
}

BOOST_AUTO_TEST_CASE(what_came_after_the_savepoint_can_be_undone_alone) {
  const test::Household house;
  db::Connection connection(test::options("users"));
  db::Transaction work(connection, house.scope());
  work.run(add_user, {test::unique("usr"), house.tenant, "kept"});
  work.savepoint();
  const auto undone = test::unique("usr");
  work.run(add_user, {undone, house.tenant, "undone"});
  BOOST_CHECK_THROW(work.run(add_user, {undone, house.tenant, "twice"}), db::StatementError);
  work.roll_back_to_savepoint();
  work.queue(add_user, {test::unique("usr"), house.tenant, "after"});
  work.commit();
  BOOST_TEST(users_of(house.tenant) == 3);
}

BOOST_AUTO_TEST_CASE(savepoint_that_was_not_sent_yet_is_undone_without_a_round_trip) {
  const test::Household house;
  db::Connection connection(test::options("users"));
  db::Transaction work(connection, house.scope());
  work.run(add_user, {test::unique("usr"), house.tenant, "kept"});
  work.savepoint();
  work.queue(add_user, {test::unique("usr"), house.tenant, "undone"});
  work.roll_back_to_savepoint();
  work.commit();
  BOOST_TEST(users_of(house.tenant) == 2);
}

BOOST_AUTO_TEST_CASE(a_lost_commit_is_in_doubt) {
  test::Household house;
  UnreliableProxy proxy;
  db::Connection connection({proxy.conninfo("users"), true, 1500ms});
  {
    db::Transaction work(connection, house.scope());
    work.run(add_user, {test::unique("usr"), house.tenant, "b"});
    proxy.next(UnreliableProxy::Fault::cut_answer);
    BOOST_CHECK_THROW(work.commit(), db::InDoubt);
  }
  BOOST_TEST(users_of(house.tenant) == 2);  // here it had happened
  {
    db::Transaction work(connection, house.scope());
    work.run(add_user, {test::unique("usr"), house.tenant, "c"});
    proxy.next(UnreliableProxy::Fault::cut_request);
    BOOST_CHECK_THROW(work.commit(), db::InDoubt);
  }
  BOOST_TEST(users_of(house.tenant) == 2);  // here it had not
}

BOOST_AUTO_TEST_CASE(a_connection_lost_before_the_commit_has_changed_nothing) {
  test::Household house;
  UnreliableProxy proxy;
  db::Connection connection({proxy.conninfo("users"), true, 1500ms});
  {
    db::Transaction work(connection, house.scope());
    work.run(add_user, {test::unique("usr"), house.tenant, "b"});
    proxy.next(UnreliableProxy::Fault::cut_answer);
    BOOST_CHECK_THROW(work.run(add_user, {test::unique("usr"), house.tenant, "c"}),
                      db::Unavailable);
    BOOST_CHECK_THROW(work.commit(), std::logic_error);
  }
  BOOST_TEST(users_of(house.tenant) == 1);
  BOOST_TEST(connection.read(house.scope(), users, {house.tenant}).rows() == 1);
}

BOOST_AUTO_TEST_CASE(a_session_that_has_ended_stops_the_transaction) {
  test::Household house;
  test::execute("UPDATE sessions SET ended_at = now() WHERE id = '" + house.session + "'");
  db::Connection connection(test::options("users"));
  db::Transaction work(connection, db::Scope::session(house.tenant, house.user, house.session));
  BOOST_CHECK_EXCEPTION(work.run(add_user, {test::unique("usr"), house.tenant, "b"}),
                        db::StatementError,
                        [](const auto& error) { return error.sqlstate() == db::session_ended; });
}

BOOST_AUTO_TEST_SUITE_END()
