#include "users/login.h"

#include <boost/test/unit_test.hpp>

#include "functions/users/fixture.h"
#include "users/directory.h"
#include "users/store.h"

namespace gatehouse::users {

BOOST_FIXTURE_TEST_SUITE(login, Fixture)

BOOST_AUTO_TEST_CASE(the_right_password_opens_a_session_whatever_the_case_of_the_address) {
  const User user = add_user("Ann@example.com");
  const db::Scope session = log_in("aNN@EXAMPLE.com");
  BOOST_TEST(session.user_id() == user.id);
  BOOST_TEST(alive(session));
}

BOOST_AUTO_TEST_CASE(unknown_wrong_and_disabled_take_one_hash_each_and_answer_alike) {
  add_user("ann@example.com");
  const User gone = add_user("bob@example.com");
  commit([&](db::Transaction& transaction) { return disable_user(transaction, gone.id, now); });

  const auto attempt = [this](const char* email, const char* password) {
    const auto before = hasher.computed();
    try {
      check(email, password);
      return std::string("accepted");
    } catch (const Failure& failure) {
      return std::to_string(failure.status()) + ' ' + failure.code() + ' ' + failure.error() + ' ' +
             std::to_string(hasher.computed() - before);
    }
  };
  const std::string refused = "401 login_refused invalid email or password 1";
  BOOST_TEST(attempt("nobody@example.com", "correct horse") == refused);
  BOOST_TEST(attempt("ann@example.com", "wrong") == refused);
  BOOST_TEST(attempt("bob@example.com", "correct horse") == refused);
  BOOST_TEST(attempt("bob@example.com", "wrong") == refused);
}

BOOST_AUTO_TEST_CASE(users_of_another_tenant_are_unknown) {
  add_user("ann@example.com", "correct horse", make_tenant());
  BOOST_CHECK_EXCEPTION(check("ann@example.com"), Failure, has_code("login_refused"));
}

BOOST_AUTO_TEST_CASE(a_hash_of_other_parameters_is_renewed) {
  add_user("ann@example.com");
  const PasswordHasher stronger({.memory_kib = 128, .passes = 2});
  const Secret password("correct horse");
  const auto stored = [this] {
    return store::find_account(connection, tenant, "ann@example.com")->password_hash;
  };
  BOOST_TEST(stronger.outdated(stored()));
  const Authenticated login =
      check_password(connection, stronger, tenant, "ann@example.com", password);
  BOOST_TEST(!stronger.outdated(stored()));
  BOOST_TEST(login.password_hash == stored());
  BOOST_TEST(stronger.computed() == 2U);
  check_password(connection, stronger, tenant, "ann@example.com", password);
  BOOST_TEST(stronger.computed() == 3U);
}

BOOST_AUTO_TEST_CASE(simultaneous_logins_that_renew_a_hash_all_succeed) {
  add_user("ann@example.com");
  const PasswordHasher stronger({.memory_kib = 128, .passes = 2});
  const int succeeded = race(8, "", [&](db::Connection& own) {
    const Authenticated login =
        check_password(own, stronger, tenant, "ann@example.com", Secret("correct horse"));
    db::Transaction transaction(own, db::Scope::tenant(tenant));
    open_session(transaction, login, session());
    transaction.commit();
  });
  BOOST_TEST(succeeded == 8);
}

BOOST_AUTO_TEST_CASE(no_session_is_opened_for_a_user_who_was_disabled_in_between) {
  const User user = add_user("ann@example.com");
  const Authenticated login = check("ann@example.com");
  commit([&](db::Transaction& transaction) { return disable_user(transaction, user.id, now); });
  const auto open = [&] {
    commit([&](db::Transaction& transaction) { open_session(transaction, login, session()); });
  };
  BOOST_CHECK_EXCEPTION(open(), Failure, has_code("login_refused"));
}

BOOST_AUTO_TEST_CASE(no_session_is_opened_with_a_password_that_was_changed_in_between) {
  const User user = add_user("ann@example.com");
  const Authenticated login = check("ann@example.com");
  commit([&](db::Transaction& transaction) {
    store::set_password(transaction, tenant, user.id, hasher.hash(Secret("another")), now);
  });
  const auto open = [&] {
    commit([&](db::Transaction& transaction) { open_session(transaction, login, session()); });
  };
  BOOST_CHECK_EXCEPTION(open(), Failure, has_code("login_refused"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace gatehouse::users
