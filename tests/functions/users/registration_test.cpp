#include "users/registration.h"

#include <boost/test/unit_test.hpp>

#include "functions/users/fixture.h"
#include "users/directory.h"

namespace gatehouse::users {

BOOST_FIXTURE_TEST_SUITE(registration, Fixture)

BOOST_AUTO_TEST_CASE(registered_user_is_stored_as_it_was_sent) {
  const Registration wanted{
      .email = "Ann@Example.com",
      .profile = R"({"name":"Zhang San","role":"user"})",
      .password_hash = prepare_registration(connection, hasher, tenant, "Ann@Example.com",
                                            Secret("password123"))};
  const User made = commit([&](db::Transaction& transaction) {
    return register_user(transaction, tenant, wanted, now);
  });
  const User found = show_user(connection, tenant, made.id);
  BOOST_TEST(found.email == "Ann@Example.com");
  BOOST_TEST(found.profile == R"({"name":"Zhang San","role":"user"})");
  BOOST_TEST(found.status == "active");
  BOOST_TEST(found.roles.empty());
  BOOST_TEST(!found.email_verified_at.has_value());
  BOOST_TEST((found.created_at == now));
  BOOST_TEST(is_id("usr_", found.id));
}

BOOST_AUTO_TEST_CASE(second_registration_is_refused_without_regard_to_case_and_without_a_hash) {
  add_user("ann@example.com");
  const auto before = hasher.computed();
  BOOST_CHECK_EXCEPTION(
      prepare_registration(connection, hasher, tenant, "ANN@example.COM", Secret("password123")),
      Failure, has_code("email_already_registered"));
  BOOST_TEST(hasher.computed() == before);
}

BOOST_AUTO_TEST_CASE(an_address_is_free_in_another_tenant) {
  const User here = add_user("ann@example.com");
  const User there = add_user("ann@example.com", "correct horse", make_tenant());
  BOOST_TEST(here.id != there.id);
}

BOOST_AUTO_TEST_CASE(of_sixteen_simultaneous_registrations_of_an_address_one_succeeds) {
  const int succeeded = race(16, "email_already_registered", [&](db::Connection& own) {
    const Registration wanted{.email = "ann@example.com",
                              .profile = {},
                              .password_hash = prepare_registration(
                                  own, hasher, tenant, "ann@example.com", Secret("password123"))};
    db::Transaction transaction(own, db::Scope::tenant(tenant));
    register_user(transaction, tenant, wanted, now);
    transaction.commit();
  });
  BOOST_TEST(succeeded == 1);
  BOOST_TEST(list_users(connection, tenant, "", 100).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_password_is_measured_in_characters_before_it_is_hashed) {
  const auto prepare = [this](const char* password) {
    return prepare_registration(connection, hasher, tenant, "ann@example.com", Secret(password));
  };
  const auto says_six = [](const Failure& failure) {
    return failure.status() == 400 && failure.code() == "password_too_short" &&
           failure.error() == "\"password\" must be at least 6 characters";
  };
  BOOST_CHECK_EXCEPTION(prepare("12345"), Failure, says_six);
  BOOST_CHECK_EXCEPTION(prepare("ééééé"), Failure, says_six);
  BOOST_TEST(hasher.computed() == 0U);
  BOOST_CHECK_NO_THROW(prepare("123456"));
  BOOST_CHECK_NO_THROW(prepare("密碼密碼密碼"));
}

BOOST_AUTO_TEST_CASE(a_tenant_may_ask_for_longer_and_less_common_passwords) {
  const std::string strict = make_tenant(10, true);
  const auto prepare = [&](const char* password) {
    return prepare_registration(connection, hasher, strict, "ann@example.com", Secret(password));
  };
  BOOST_CHECK_EXCEPTION(prepare("123456789"), Failure, [](const Failure& failure) {
    return failure.error() == "\"password\" must be at least 10 characters";
  });
  BOOST_CHECK_EXCEPTION(prepare("1234567890"), Failure, has_code("password_too_common"));
  BOOST_CHECK_NO_THROW(prepare("a less usual one"));
}

BOOST_AUTO_TEST_CASE(a_missing_or_disabled_tenant_takes_no_users) {
  const auto prepare = [this](const std::string& id) {
    return prepare_registration(connection, hasher, id, "ann@example.com", Secret("password123"));
  };
  BOOST_CHECK_EXCEPTION(prepare(make_id("tnt_", now)), Failure, has_code("tenant_not_found"));
  BOOST_CHECK_EXCEPTION(prepare(make_tenant(6, false, "disabled")), Failure,
                        has_code("tenant_disabled"));
}

BOOST_AUTO_TEST_CASE(a_profile_is_kept_as_it_was_sent) {
  const std::string profile = R"({"z":1e300,"a":0.10,"b":{"k":[1,2.50]}})";
  const Registration wanted{.email = "ann@example.com",
                            .profile = profile,
                            .password_hash = hasher.hash(Secret("password123"))};
  commit([&](db::Transaction& transaction) {
    return register_user(transaction, tenant, wanted, now);
  });
  BOOST_TEST(list_users(connection, tenant, "", 100).at(0).profile == profile);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace gatehouse::users
