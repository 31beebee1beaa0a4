#include "services/scopes.h"

#include <thread>

#include "fixture.h"

namespace gatehouse::services {
namespace {

BOOST_AUTO_TEST_CASE(scope_tokens_are_those_of_rfc_6749) {
  for (const std::string& good :
       {std::string("user:read"), std::string("!#[]~"), std::string("a"), std::string(128, 'x')}) {
    BOOST_CHECK_NO_THROW(require_scope_token(good));
  }
  for (const std::string& bad :
       {std::string(), std::string("two scopes"), std::string("a\"b"), std::string("a\\b"),
        std::string("a\x7f"), std::string("\xc3\xa9"), std::string(129, 'x')}) {
    BOOST_TEST(failure_of([&] { require_scope_token(bad); }) == "scope_name_invalid");
  }
}

BOOST_FIXTURE_TEST_SUITE(managing_scopes, Fixture)

BOOST_AUTO_TEST_CASE(granting_twice_and_revoking_twice_are_fine) {
  const std::string id = make_service();
  grant(id, "user:read");
  grant(id, "user:read");
  BOOST_TEST(find(id).scopes.size() == 1U);
  for (int i = 0; i < 2; ++i) {
    commit(
        [&](db::Transaction& transaction) { return revoke_scope(transaction, id, "user:read"); });
    BOOST_TEST(find(id).scopes.empty());
  }
}

BOOST_AUTO_TEST_CASE(who_granted_a_scope_is_kept) {
  const std::string id = make_service({"user:read"});
  BOOST_TEST(count("SELECT count(*) FROM service_scopes WHERE client_id = '" + id +
                   "' AND granted_by = 'a test'") == 1);
}

BOOST_AUTO_TEST_CASE(permission_needs_scope_and_active_service_and_active_tenant) {
  const std::string id = make_service({"user:read"}), tenant = make_tenant();
  const auto holds = [&] { return has_permission(database, id, "user:read"); };
  BOOST_TEST(holds());
  BOOST_TEST(!has_permission(database, id, "user:write"));
  BOOST_TEST(!has_permission(database, make_id("svc_", now()), "user:read"));
  BOOST_TEST(!has_permission(database, "\xff", "user:read"));

  commit([&](db::Transaction& t) { return set_status(t, id, "disabled", now()); });
  BOOST_TEST(!holds());
  commit([&](db::Transaction& t) { return set_status(t, id, "active", now()); });
  commit([&](db::Transaction& t) {
    ServiceChange change;
    change.tenant_id.emplace(tenant);
    return change_service(t, id, change, now());
  });
  BOOST_TEST(holds());
  execute("UPDATE tenants SET status = 'disabled' WHERE id = '" + tenant + "'");
  BOOST_TEST(!holds());
}

/// One admin, and no other: what else there is loses the scope.
struct LastAdmin : Fixture {
  LastAdmin() {
    execute("DELETE FROM service_scopes WHERE scope = 'internal:admin'");
    admin = make_service({"internal:admin"});
  }
  std::string admin;

  std::string revoking(const std::string& id) {
    return failure_of(
        [&] { commit([&](db::Transaction& t) { return revoke_scope(t, id, admin_scope); }); });
  }
  std::string disabling(const std::string& id) {
    return failure_of(
        [&] { commit([&](db::Transaction& t) { return set_status(t, id, "disabled", now()); }); });
  }
  std::string binding(const std::string& id, const std::string& tenant) {
    return failure_of([&] {
      commit([&](db::Transaction& t) {
        ServiceChange change;
        change.tenant_id.emplace(tenant);
        return change_service(t, id, change, now());
      });
    });
  }
};

BOOST_FIXTURE_TEST_CASE(last_admin_can_not_be_revoked_disabled_or_bound, LastAdmin) {
  const std::string tenant = make_tenant();
  BOOST_TEST(revoking(admin) == "last_admin");
  BOOST_TEST(disabling(admin) == "last_admin");
  BOOST_TEST(binding(admin, tenant) == "last_admin");
  BOOST_TEST(find(admin).scopes.front() == "internal:admin");
  BOOST_TEST(find(admin).status == "active");
}

BOOST_FIXTURE_TEST_CASE(disabled_and_bound_admins_do_not_count, LastAdmin) {
  const std::string bound = make_service({"internal:admin"}),
                    disabled = make_service({"internal:admin"});
  BOOST_TEST(binding(bound, make_tenant()) == "");
  BOOST_TEST(disabling(disabled) == "");
  BOOST_TEST(revoking(admin) == "last_admin");
  BOOST_TEST(revoking(bound) == "");
  BOOST_TEST(revoking(disabled) == "");
}

BOOST_FIXTURE_TEST_CASE(with_another_admin_one_can_go, LastAdmin) {
  const std::string other = make_service({"internal:admin"});
  BOOST_TEST(disabling(admin) == "");
  BOOST_TEST(revoking(other) == "last_admin");
}

BOOST_FIXTURE_TEST_CASE(other_scopes_of_the_last_admin_can_go, LastAdmin) {
  grant(admin, "user:read");
  commit([&](db::Transaction& t) { return revoke_scope(t, admin, "user:read"); });
  BOOST_TEST(find(admin).scopes.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(two_admins_that_revoke_each_other_leave_one, LastAdmin) {
  for (int round = 0; round < 10; ++round) {
    execute("DELETE FROM service_scopes WHERE scope = 'internal:admin'");
    const std::string ids[] = {make_service({"internal:admin"}), make_service({"internal:admin"})};
    std::string outcomes[2];
    const auto revoke = [&](int which) {
      db::Connection own(db::connection_options(settings, "gatehouse_services"));
      outcomes[which] = failure_of([&] {
        db::Transaction transaction(own, db::Scope::platform());
        revoke_scope(transaction, ids[which], admin_scope);
        transaction.commit();
      });
    };
    std::thread first(revoke, 0), second(revoke, 1);
    first.join();
    second.join();
    BOOST_TEST(outcomes[0] + outcomes[1] == "last_admin");
    BOOST_TEST(count("SELECT count(*) FROM service_scopes WHERE scope = 'internal:admin'") == 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace gatehouse::services
