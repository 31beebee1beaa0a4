#include "services/service.h"

#include "crypto/machine_secret.h"
#include "fixture.h"

namespace gatehouse::services {
namespace {

BOOST_FIXTURE_TEST_SUITE(managing_services, Fixture)

BOOST_AUTO_TEST_CASE(registered_service_is_active_and_holds_no_scope) {
  const auto made = commit([&](db::Transaction& transaction) {
    return register_service(transaction, keyring, "Service A", "Internal service A", now());
  });
  BOOST_TEST(is_id("svc_", made.service.client_id));
  BOOST_TEST(crypto::well_formed_machine_secret("secret_", made.secret.reveal()));
  const Service found = find(made.service.client_id);
  BOOST_TEST(found.name == "Service A");
  BOOST_TEST(found.description == "Internal service A");
  BOOST_TEST(found.status == "active");
  BOOST_TEST(found.scopes.empty());
  BOOST_TEST(!found.tenant_id.has_value());
}

BOOST_AUTO_TEST_CASE(only_the_hash_of_the_secret_is_stored) {
  const auto made = commit([&](db::Transaction& transaction) {
    return register_service(transaction, keyring, "a", "", now());
  });
  const auto hash = crypto::machine_secret_hash(keyring, made.secret.reveal());
  BOOST_TEST(count("SELECT count(*) FROM service_secrets WHERE client_id = '" +
                   made.service.client_id + "' AND secret_hash = '\\x" + to_hex(hash) + "'") == 1);
}

BOOST_AUTO_TEST_CASE(change_touches_what_it_names_and_nothing_else) {
  const std::string id = make_service({"user:read"});
  commit([&](db::Transaction& transaction) {
    ServiceChange change;
    change.env.emplace("prod");
    change.system_id.emplace("orders");
    change.audiences = {"https://orders.example.com", "a \"quoted\" one"};
    change.token_lifetime.emplace(std::chrono::seconds(600));
    return change_service(transaction, id, change, now());
  });
  const Service changed = commit([&](db::Transaction& transaction) {
    ServiceChange change;
    change.description = "another";
    change.system_id.emplace(std::nullopt);
    return change_service(transaction, id, change, now());
  });
  const Service found = find(id);
  BOOST_TEST(found.description == "another");
  BOOST_TEST(!found.system_id.has_value());
  BOOST_TEST(found.env.value() == "prod");
  BOOST_TEST(found.audiences.size() == 2U);
  BOOST_TEST(found.audiences.back() == "a \"quoted\" one");
  BOOST_TEST(found.token_lifetime.value().count() == 600);
  BOOST_TEST(found.scopes.front() == "user:read");
  BOOST_TEST(changed.env.value() == "prod");
  BOOST_TEST(changed.scopes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(service_is_bound_to_a_tenant_that_exists_and_unbound_by_null) {
  const std::string id = make_service(), tenant = make_tenant();
  const auto bind = [&](const std::optional<std::string>& to) {
    return commit([&](db::Transaction& transaction) {
      ServiceChange change;
      change.tenant_id.emplace(to);
      return change_service(transaction, id, change, now());
    });
  };
  BOOST_TEST(failure_of([&] { bind(make_id("tnt_", now())); }) == "tenant_not_found");
  bind(tenant);
  BOOST_TEST(find(id).tenant_id.value() == tenant);
  bind(std::nullopt);
  BOOST_TEST(!find(id).tenant_id.has_value());
}

BOOST_AUTO_TEST_CASE(change_that_names_nothing_is_refused) {
  const std::string id = make_service();
  db::Transaction transaction(database, db::Scope::platform());
  BOOST_TEST(failure_of([&] { change_service(transaction, id, {}, now()); }) ==
             "nothing_to_change");
}

BOOST_AUTO_TEST_CASE(disabling_twice_is_fine_and_enabling_undoes_it) {
  const std::string id = make_service();
  for (const std::string_view status : {"disabled", "disabled", "active"}) {
    commit(
        [&](db::Transaction& transaction) { return set_status(transaction, id, status, now()); });
    BOOST_TEST(find(id).status == status);
  }
}

BOOST_AUTO_TEST_CASE(revocation_of_tokens_is_stored_to_the_microsecond) {
  const std::string id = make_service();
  const Time at = now();
  commit([&](db::Transaction& transaction) { return revoke_tokens(transaction, id, at); });
  BOOST_TEST((find(id).tokens_valid_from.value() == at));
}

BOOST_AUTO_TEST_CASE(every_change_advances_the_epoch_that_caches_watch) {
  const auto epoch = [&] {
    return count("SELECT value AS count FROM epochs WHERE topic = 'clients'");
  };
  const std::string id = make_service();
  std::int64_t before = epoch();
  const auto advances = [&](auto work) {
    commit(work);
    const bool advanced = epoch() > before;
    before = epoch();
    return advanced;
  };
  BOOST_TEST(advances([&](db::Transaction& t) { return grant_scope(t, id, "a", "x", now()); }));
  BOOST_TEST(advances([&](db::Transaction& t) { return revoke_scope(t, id, "a"); }));
  BOOST_TEST(advances([&](db::Transaction& t) { return set_status(t, id, "disabled", now()); }));
  BOOST_TEST(advances([&](db::Transaction& t) { return set_status(t, id, "active", now()); }));
  BOOST_TEST(advances([&](db::Transaction& t) { return revoke_tokens(t, id, now()); }));
}

BOOST_AUTO_TEST_CASE(unknown_and_malformed_ids_are_not_found) {
  for (const std::string& id :
       {make_id("svc_", now()), std::string("svc_x"), std::string("'; DROP TABLE services"),
        std::string("\xff"), make_id("tnt_", now())}) {
    db::Transaction transaction(database, db::Scope::platform());
    BOOST_TEST(failure_of([&] { revoke_tokens(transaction, id, now()); }) == "client_not_found");
    BOOST_TEST(failure_of([&] { set_status(transaction, id, "active", now()); }) ==
               "client_not_found");
  }
}

BOOST_AUTO_TEST_CASE(list_goes_on_behind_the_cursor) {
  const auto [first, second] = make_two_services();
  const auto page = list_services(database, first, 1);
  BOOST_REQUIRE(page.size() == 1U);
  BOOST_TEST(page.front().client_id == second);
}

BOOST_AUTO_TEST_CASE(service_of_a_tenant_does_not_manage_services) {
  auth::Principal caller;
  caller.credential = auth::Credential::service_token;
  BOOST_CHECK_NO_THROW(require_platform_service(caller));
  caller.tenant_id = "tnt_x";
  BOOST_TEST(failure_of([&] { require_platform_service(caller); }) == "platform_service_required");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace gatehouse::services
