#include "users/sessions.h"

#include <boost/test/unit_test.hpp>

#include "functions/users/fixture.h"
#include "users/directory.h"
#include "users/profile.h"

namespace gatehouse::users {

BOOST_FIXTURE_TEST_SUITE(sessions, Fixture)

BOOST_AUTO_TEST_CASE(a_session_that_was_logged_out_of_is_refused_and_the_others_are_not) {
  add_user("ann@example.com");
  const db::Scope one = log_in("ann@example.com"), other = log_in("ann@example.com");
  commit(one, [&](db::Transaction& transaction) { log_out(transaction, now); });
  BOOST_CHECK_EXCEPTION(show_own_user(connection, one), db::StatementError, is_ended_session);
  BOOST_TEST(show_own_user(connection, other).email == "ann@example.com");
}

BOOST_AUTO_TEST_CASE(logging_out_everywhere_ends_the_users_sessions_and_nobody_elses) {
  add_user("ann@example.com");
  add_user("bob@example.com");
  const db::Scope one = log_in("ann@example.com"), other = log_in("ann@example.com");
  const db::Scope bobs = log_in("bob@example.com");
  const int ended = commit(
      one, [&](db::Transaction& transaction) { return log_out_everywhere(transaction, now); });
  BOOST_TEST(ended == 2);
  BOOST_TEST(!alive(one));
  BOOST_TEST(!alive(other));
  BOOST_TEST(alive(bobs));
}

BOOST_AUTO_TEST_CASE(a_user_ends_one_session_of_its_own_but_none_of_another_user) {
  add_user("ann@example.com");
  add_user("bob@example.com");
  const db::Scope one = log_in("ann@example.com"), other = log_in("ann@example.com");
  const db::Scope bobs = log_in("bob@example.com");
  const auto end = [&](const db::Scope& session) {
    commit(one, [&](db::Transaction& transaction) {
      end_own_session(transaction, session.session_id(), now);
    });
  };
  end(other);
  BOOST_TEST(!alive(other));
  BOOST_CHECK_EXCEPTION(end(other), Failure, has_code("session_not_found"));
  BOOST_CHECK_EXCEPTION(end(bobs), Failure, has_code("session_not_found"));
  BOOST_TEST(alive(bobs));
  BOOST_TEST(alive(one));
}

BOOST_AUTO_TEST_CASE(sessions_are_listed_by_pages_without_those_that_have_ended) {
  const User user = add_user("ann@example.com");
  const db::Scope one = log_in("ann@example.com"), gone = log_in("ann@example.com"),
                  other = log_in("ann@example.com");
  commit(gone, [&](db::Transaction& transaction) { log_out(transaction, now); });
  const auto all = list_own_sessions(connection, one, "", 100, now);
  BOOST_REQUIRE(all.size() == 2U);
  BOOST_TEST(all[0].id < all[1].id);
  BOOST_TEST(all[0].remote_address == "192.0.2.1");
  const auto rest = list_own_sessions(connection, one, all[0].id, 100, now);
  BOOST_REQUIRE(rest.size() == 1U);
  BOOST_TEST(rest[0].id == all[1].id);
  BOOST_TEST(list_sessions(connection, tenant, user.id, "", 1, now).size() == 1U);
  BOOST_TEST(alive(other));
}

BOOST_AUTO_TEST_CASE(a_tenant_lists_and_ends_the_sessions_of_its_own_users_only) {
  const User user = add_user("ann@example.com");
  const db::Scope session = log_in("ann@example.com");
  const std::string stranger = make_tenant();
  BOOST_CHECK_EXCEPTION(list_sessions(connection, stranger, user.id, "", 100, now), Failure,
                        has_code("user_not_found"));
  const auto end = [&](const std::string& tenant_id) {
    return commit(db::Scope::tenant(tenant_id), [&](db::Transaction& transaction) {
      return end_sessions_of(transaction, tenant_id, user.id, now);
    });
  };
  BOOST_CHECK_EXCEPTION(end(stranger), Failure, has_code("user_not_found"));
  BOOST_TEST(alive(session));
  BOOST_TEST(end(tenant) == 1);
  BOOST_TEST(end(tenant) == 0);
  BOOST_TEST(!alive(session));
  BOOST_TEST(list_sessions(connection, tenant, user.id, "", 100, now).empty());
}

BOOST_AUTO_TEST_CASE(enabling_a_user_does_not_revive_the_sessions_that_disabling_ended) {
  const User user = add_user("ann@example.com");
  const db::Scope session = log_in("ann@example.com");
  commit([&](db::Transaction& transaction) { return disable_user(transaction, user.id, now); });
  BOOST_TEST(!alive(session));
  const User again =
      commit([&](db::Transaction& transaction) { return enable_user(transaction, user.id, now); });
  BOOST_TEST(again.status == "active");
  BOOST_TEST(!alive(session));
  BOOST_TEST(alive(log_in("ann@example.com")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace gatehouse::users
