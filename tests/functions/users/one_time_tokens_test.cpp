#include "users/one_time_tokens.h"

#include <boost/test/unit_test.hpp>

#include "functions/users/fixture.h"
#include "users/directory.h"
#include "users/profile.h"

namespace gatehouse::users {

struct TokenFixture : Fixture {
  OneTimeToken request(Purpose purpose, const std::string& email = "ann@example.com") {
    return commit([&](db::Transaction& transaction) {
      return request_one_time_token(transaction, keyring, tenant, email, purpose, now);
    });
  }
  void reset(const std::string& tenant_id, const Secret& token, Time at) {
    const std::string hash = prepare_password_reset(connection, hasher, keyring, tenant_id,
                                                    token.reveal(), Secret("battery staple"), at);
    commit(db::Scope::tenant(tenant_id), [&](db::Transaction& transaction) {
      return reset_password(transaction, keyring, tenant_id, token.reveal(), hash, at);
    });
  }
  std::string verify(const Secret& token) {
    return commit([&](db::Transaction& transaction) {
      return verify_email(transaction, keyring, tenant, token.reveal(), now);
    });
  }
};

BOOST_FIXTURE_TEST_SUITE(one_time_tokens, TokenFixture)

BOOST_AUTO_TEST_CASE(a_reset_sets_the_password_and_ends_all_sessions) {
  add_user("ann@example.com");
  const db::Scope session = log_in("ann@example.com");
  reset(tenant, request(Purpose::password_reset, "ANN@example.com").token, now);
  BOOST_TEST(!alive(session));
  BOOST_CHECK_EXCEPTION(check("ann@example.com"), Failure, has_code("login_refused"));
  BOOST_CHECK_NO_THROW(check("ann@example.com", "battery staple"));
}

BOOST_AUTO_TEST_CASE(a_token_is_good_once) {
  add_user("ann@example.com");
  const OneTimeToken token = request(Purpose::password_reset);
  reset(tenant, token.token, now);
  const auto before = hasher.computed();
  BOOST_CHECK_EXCEPTION(reset(tenant, token.token, now), Failure,
                        has_code("one_time_token_invalid"));
  BOOST_TEST(hasher.computed() == before);
}

BOOST_AUTO_TEST_CASE(of_sixteen_simultaneous_uses_of_a_token_one_succeeds) {
  add_user("ann@example.com");
  const OneTimeToken token = request(Purpose::password_reset);
  const std::string hash = hasher.hash(Secret("battery staple"));
  const int succeeded = race(16, "one_time_token_invalid", [&](db::Connection& own) {
    db::Transaction transaction(own, db::Scope::tenant(tenant));
    reset_password(transaction, keyring, tenant, token.token.reveal(), hash, now);
    transaction.commit();
  });
  BOOST_TEST(succeeded == 1);
}

BOOST_AUTO_TEST_CASE(a_token_expires_after_thirty_minutes) {
  add_user("ann@example.com");
  const OneTimeToken token = request(Purpose::password_reset);
  BOOST_TEST((token.expires_at == now + std::chrono::minutes(30)));
  BOOST_CHECK_EXCEPTION(reset(tenant, token.token, token.expires_at), Failure,
                        has_code("one_time_token_invalid"));
  BOOST_CHECK_NO_THROW(reset(tenant, token.token, token.expires_at - std::chrono::seconds(1)));
}

BOOST_AUTO_TEST_CASE(a_token_is_good_for_its_own_purpose_and_tenant_only) {
  add_user("ann@example.com");
  BOOST_CHECK_EXCEPTION(reset(tenant, request(Purpose::email_verification).token, now), Failure,
                        has_code("one_time_token_invalid"));
  const OneTimeToken token = request(Purpose::password_reset);
  BOOST_CHECK_EXCEPTION(verify(token.token), Failure, has_code("one_time_token_invalid"));
  BOOST_CHECK_EXCEPTION(reset(make_tenant(), token.token, now), Failure,
                        has_code("one_time_token_invalid"));
  BOOST_CHECK_NO_THROW(reset(tenant, token.token, now));
}

BOOST_AUTO_TEST_CASE(what_is_no_token_costs_no_hash) {
  add_user("ann@example.com");
  const auto before = hasher.computed();
  BOOST_CHECK_EXCEPTION(reset(tenant, Secret("otp_guess"), now), Failure,
                        has_code("one_time_token_invalid"));
  BOOST_TEST(hasher.computed() == before);
}

BOOST_AUTO_TEST_CASE(an_unknown_address_gets_no_token) {
  BOOST_CHECK_EXCEPTION(request(Purpose::password_reset), Failure, has_code("user_not_found"));
}

BOOST_AUTO_TEST_CASE(an_address_is_verified_and_a_new_one_is_not) {
  const User user = add_user("ann@example.com");
  BOOST_TEST(verify(request(Purpose::email_verification).token) == user.id);
  BOOST_TEST((show_user(connection, tenant, user.id).email_verified_at == now));

  const auto move = [&](const char* email) {
    return commit([&](db::Transaction& transaction) {
      return change_user(transaction, user.id, {.email = email, .profile = {}, .roles = {}}, now);
    });
  };
  BOOST_TEST(move("Ann@Example.com").email_verified_at.has_value());
  BOOST_TEST(!move("ann@example.net").email_verified_at.has_value());
}

BOOST_AUTO_TEST_CASE(what_was_sent_to_an_old_address_does_not_verify_the_new_one) {
  const User user = add_user("ann@example.com");
  const OneTimeToken token = request(Purpose::email_verification);
  commit([&](db::Transaction& transaction) {
    return change_user(transaction, user.id,
                       {.email = "ann@example.net", .profile = {}, .roles = {}}, now);
  });
  BOOST_CHECK_EXCEPTION(verify(token.token), Failure, has_code("one_time_token_invalid"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace gatehouse::users
