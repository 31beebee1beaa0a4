#include "users/passwords.h"

#include <boost/test/unit_test.hpp>

#include "functions/users/fixture.h"
#include "users/one_time_tokens.h"

namespace gatehouse::users {

struct PasswordFixture : Fixture {
  PasswordChange prepare(const db::Scope& session, const char* current, const char* wanted) {
    return prepare_password_change(connection, hasher, session, Secret(current), Secret(wanted));
  }
  void change(const db::Scope& session, const PasswordChange& prepared) {
    commit(session,
           [&](db::Transaction& transaction) { change_password(transaction, prepared, now); });
  }
};

BOOST_FIXTURE_TEST_SUITE(passwords, PasswordFixture)

BOOST_AUTO_TEST_CASE(a_changed_password_ends_all_sessions_but_the_one_it_was_changed_in) {
  add_user("ann@example.com");
  const db::Scope own = log_in("ann@example.com"), other = log_in("ann@example.com");
  change(own, prepare(own, "correct horse", "battery staple"));
  BOOST_TEST(alive(own));
  BOOST_TEST(!alive(other));
  BOOST_CHECK_EXCEPTION(check("ann@example.com"), Failure, has_code("login_refused"));
  BOOST_CHECK_NO_THROW(check("ann@example.com", "battery staple"));
}

BOOST_AUTO_TEST_CASE(a_wrong_current_password_changes_nothing) {
  add_user("ann@example.com");
  const db::Scope own = log_in("ann@example.com");
  BOOST_CHECK_EXCEPTION(prepare(own, "wrong", "battery staple"), Failure,
                        has_code("current_password_wrong"));
  BOOST_CHECK_NO_THROW(check("ann@example.com"));
}

BOOST_AUTO_TEST_CASE(a_new_password_has_to_be_acceptable_before_anything_is_hashed) {
  add_user("ann@example.com");
  const db::Scope own = log_in("ann@example.com");
  const auto before = hasher.computed();
  BOOST_CHECK_EXCEPTION(prepare(own, "correct horse", "short"), Failure,
                        has_code("new_password_too_short"));
  BOOST_TEST(hasher.computed() == before);
}

BOOST_AUTO_TEST_CASE(of_two_simultaneous_changes_one_succeeds) {
  add_user("ann@example.com");
  const db::Scope own = log_in("ann@example.com");
  const PasswordChange first = prepare(own, "correct horse", "battery staple");
  const PasswordChange second = prepare(own, "correct horse", "another staple");
  change(own, first);
  BOOST_CHECK_EXCEPTION(change(own, second), Failure, has_code("current_password_wrong"));
  BOOST_CHECK_NO_THROW(check("ann@example.com", "battery staple"));
}

BOOST_AUTO_TEST_CASE(a_changed_password_makes_reset_tokens_worthless) {
  add_user("ann@example.com");
  const OneTimeToken reset = commit([&](db::Transaction& transaction) {
    return request_one_time_token(transaction, keyring, tenant, "ann@example.com",
                                  Purpose::password_reset, now);
  });
  const db::Scope own = log_in("ann@example.com");
  change(own, prepare(own, "correct horse", "battery staple"));
  BOOST_CHECK_EXCEPTION(prepare_password_reset(connection, hasher, keyring, tenant,
                                               reset.token.reveal(), Secret("yet another"), now),
                        Failure, has_code("one_time_token_invalid"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace gatehouse::users
