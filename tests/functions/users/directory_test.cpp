#include "users/directory.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "functions/users/fixture.h"
#include "users/profile.h"

namespace gatehouse::users {

struct DirectoryFixture : Fixture {
  User change(const std::string& id, const UserChange& wanted) {
    return commit(
        [&](db::Transaction& transaction) { return change_user(transaction, id, wanted, now); });
  }
  static auth::Principal service(const std::string& bound_to) {
    auth::Principal principal;
    principal.credential = auth::Credential::service_token;
    principal.client_id = "svc_test";
    principal.tenant_id = bound_to;
    return principal;
  }
};

BOOST_FIXTURE_TEST_SUITE(directory, DirectoryFixture)

BOOST_AUTO_TEST_CASE(users_are_listed_by_pages_and_other_tenants_users_are_not) {
  std::string first = add_user("a@example.com").id, second = add_user("b@example.com").id;
  if (second < first) first.swap(second);
  add_user("c@example.com", "correct horse", make_tenant());
  const auto page = list_users(connection, tenant, "", 1);
  BOOST_REQUIRE(page.size() == 1U);
  BOOST_TEST(page[0].id == first);
  const auto rest = list_users(connection, tenant, page[0].id, 100);
  BOOST_REQUIRE(rest.size() == 1U);
  BOOST_TEST(rest[0].id == second);
}

BOOST_AUTO_TEST_CASE(another_tenants_user_is_not_found_changed_disabled_or_deleted) {
  const User foreign = add_user("ann@example.com", "correct horse", make_tenant());
  const auto refused = has_code("user_not_found");
  BOOST_CHECK_EXCEPTION(show_user(connection, tenant, foreign.id), Failure, refused);
  BOOST_CHECK_EXCEPTION(change(foreign.id, {.email = "b@example.com", .profile = {}, .roles = {}}),
                        Failure, refused);
  const auto disable = [&] {
    commit(
        [&](db::Transaction& transaction) { return disable_user(transaction, foreign.id, now); });
  };
  BOOST_CHECK_EXCEPTION(disable(), Failure, refused);
  const auto remove = [&] {
    commit([&](db::Transaction& transaction) { delete_user(transaction, foreign.id); });
  };
  BOOST_CHECK_EXCEPTION(remove(), Failure, refused);
  BOOST_TEST(show_user(connection, foreign.tenant_id, foreign.id).status == "active");
}

BOOST_AUTO_TEST_CASE(a_bound_service_sees_its_tenant_and_learns_of_no_other) {
  add_user("ann@example.com");
  const std::string other = make_tenant();
  const auto seen = list_users_for_service(connection, service(tenant), {}, "", 100);
  BOOST_REQUIRE(seen.size() == 1U);
  BOOST_TEST(seen[0].tenant_id == tenant);
  BOOST_CHECK_EXCEPTION(list_users_for_service(connection, service(tenant), other, "", 100),
                        Failure, has_code("tenant_not_found"));
}

BOOST_AUTO_TEST_CASE(a_platform_service_sees_all_tenants_or_the_one_it_asks_for) {
  const User here = add_user("ann@example.com");
  const User there = add_user("ann@example.com", "correct horse", make_tenant());
  std::vector<std::string> ids;
  for (const User& user : list_users_for_service(connection, service(""), {}, "", 1000)) {
    ids.push_back(user.id);
  }
  BOOST_TEST(std::count(ids.begin(), ids.end(), here.id) == 1);
  BOOST_TEST(std::count(ids.begin(), ids.end(), there.id) == 1);

  const auto one = list_users_for_service(connection, service(""), there.tenant_id, "", 100);
  BOOST_REQUIRE(one.size() == 1U);
  BOOST_TEST(one[0].id == there.id);
  BOOST_TEST(list_users_for_service(connection, service(""), make_tenant(), "", 100).empty());
}

BOOST_AUTO_TEST_CASE(a_tenant_id_that_is_none_reaches_nobody) {
  for (const std::string& id : {make_id("tnt_", now), std::string("*"), std::string("tnt_")}) {
    BOOST_CHECK_EXCEPTION(list_users_for_service(connection, service(""), id, "", 100), Failure,
                          has_code("tenant_not_found"));
  }
  BOOST_CHECK_EXCEPTION(tenant_for_service(service(""), {}), Failure,
                        has_code("tenant_id_required"));
  BOOST_TEST(tenant_for_service(service(tenant), {}) == tenant);
}

BOOST_AUTO_TEST_CASE(a_change_names_what_it_changes_and_leaves_the_rest) {
  const User user = add_user("ann@example.com");
  const User changed = change(
      user.id, {.email = {}, .profile = R"({"a": 1})", .roles = {{"admin", "billing:read"}}});
  BOOST_TEST(changed.email == "ann@example.com");
  BOOST_TEST(changed.profile == R"({"a": 1})");
  BOOST_TEST(changed.roles.size() == 2U);
  const User again = change(user.id, {.email = "b@example.com", .profile = {}, .roles = {}});
  BOOST_TEST(again.profile == R"({"a": 1})");
  BOOST_TEST(again.roles[1] == "billing:read");
  BOOST_CHECK_EXCEPTION(change(user.id, {}), Failure, has_code("nothing_to_change"));
}

BOOST_AUTO_TEST_CASE(an_address_that_another_user_has_is_refused) {
  const User user = add_user("ann@example.com");
  add_user("bob@example.com");
  BOOST_CHECK_EXCEPTION(change(user.id, {.email = "BOB@example.com", .profile = {}, .roles = {}}),
                        Failure, has_code("email_already_registered"));
  BOOST_TEST(show_user(connection, tenant, user.id).email == "ann@example.com");
}

BOOST_AUTO_TEST_CASE(a_deleted_user_is_gone_with_its_sessions_and_its_address_is_free) {
  const User user = add_user("ann@example.com");
  const db::Scope session = log_in("ann@example.com");
  commit([&](db::Transaction& transaction) { delete_user(transaction, user.id); });
  BOOST_TEST(!alive(session));
  BOOST_CHECK_EXCEPTION(show_user(connection, tenant, user.id), Failure,
                        has_code("user_not_found"));
  BOOST_TEST(add_user("ann@example.com").id != user.id);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace gatehouse::users
