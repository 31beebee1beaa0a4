#include "tenants/tenant.h"

#include <algorithm>

#include "functions/tenants/fixture.h"

namespace gatehouse::tenants {
namespace {

using namespace std::chrono_literals;

auth::Principal caller(auth::Credential credential, std::string_view tenant_id) {
  auth::Principal principal;
  principal.credential = credential;
  principal.tenant_id = tenant_id;
  return principal;
}

BOOST_FIXTURE_TEST_SUITE(tenant, Fixture)

BOOST_AUTO_TEST_CASE(a_new_tenant_has_one_key_of_each_kind_and_both_work) {
  const CreatedTenant made = add_tenant("My app");
  BOOST_TEST(is_id("tnt_", made.tenant.id));
  BOOST_TEST(made.tenant.status == "active");
  BOOST_TEST(crypto::well_formed_machine_secret("pub_", made.public_key.reveal()));
  BOOST_TEST(crypto::well_formed_machine_secret("sec_", made.secret_key.reveal()));
  const auto public_key = look_up(made.public_key, now), secret_key = look_up(made.secret_key, now);
  BOOST_REQUIRE((public_key && secret_key));
  BOOST_TEST((public_key->kind == auth::Credential::public_key));
  BOOST_TEST((secret_key->kind == auth::Credential::secret_key));
  BOOST_TEST(public_key->tenant_id == made.tenant.id);
  BOOST_TEST(secret_key->tenant_id == made.tenant.id);
}

BOOST_AUTO_TEST_CASE(r35_a_secret_key_is_stored_nowhere) {
  const CreatedTenant made = add_tenant();
  const std::string hash = to_hex(crypto::machine_secret_hash(keyring, made.secret_key.reveal()));
  BOOST_TEST(count("SELECT count(*) FROM tenant_keys WHERE tenant_id = '" + made.tenant.id +
                   "' AND kind = 'secret' AND key_hash = '\\x" + hash + "'") == 1);
  const std::string key(made.secret_key.reveal());
  BOOST_TEST(count("SELECT count(*) FROM tenant_keys k WHERE k::text LIKE '%" + key + "%'") == 0);
}

BOOST_AUTO_TEST_CASE(a_tenant_whose_transaction_is_given_up_is_not_there) {
  const std::string id = make_id("tnt_", now);
  {
    db::Transaction transaction(connection, db::Scope::tenant(id));
    create_tenant(transaction, keyring, id, "Gone", now);
  }
  BOOST_CHECK_EXCEPTION(show_tenant(connection, id), Failure, has_code("tenant_not_found"));
}

BOOST_AUTO_TEST_CASE(the_card_names_the_public_key_and_the_fingerprint_of_the_secret_key) {
  const CreatedTenant made = add_tenant("My app");
  const TenantCard card = show_tenant(connection, made.tenant.id);
  BOOST_TEST(card.id == made.tenant.id);
  BOOST_TEST(card.name == "My app");
  BOOST_TEST(card.public_key == made.public_key.reveal());
  BOOST_TEST(card.secret_key_fingerprint ==
             crypto::fingerprint(crypto::machine_secret_hash(keyring, made.secret_key.reveal())));
  BOOST_TEST((card.created_at == now));
}

BOOST_AUTO_TEST_CASE(the_card_of_nobody_is_not_found) {
  for (const std::string& id : {make_id("tnt_", now), std::string("*"), std::string()}) {
    BOOST_CHECK_EXCEPTION(show_tenant(connection, id), Failure, has_code("tenant_not_found"));
  }
}

BOOST_AUTO_TEST_CASE(a_change_names_what_it_changes_and_leaves_the_rest) {
  const std::string id = add_tenant("Before").tenant.id;
  const std::string other = add_tenant("Another").tenant.id;
  change(id, {.name = {},
              .password_min_length = 12,
              .refuse_common_passwords = true,
              .user_token_lifetime = 600s});
  now += 1s;
  const Tenant changed = change(id, {.name = "After",
                                     .password_min_length = {},
                                     .refuse_common_passwords = {},
                                     .user_token_lifetime = {}});
  BOOST_TEST(changed.name == "After");
  BOOST_TEST(changed.password_min_length == 12);
  BOOST_TEST(changed.refuse_common_passwords);
  BOOST_TEST(changed.user_token_lifetime.value().count() == 600);
  BOOST_TEST((changed.updated_at == now));
  BOOST_TEST((changed.created_at == now - 1s));
  BOOST_TEST(show_tenant(connection, other).name == "Another");
}

BOOST_AUTO_TEST_CASE(a_change_of_nothing_or_of_nobody_is_refused) {
  const std::string id = add_tenant().tenant.id;
  BOOST_CHECK_EXCEPTION(change(id, {}), Failure, has_code("nothing_to_change"));
  TenantChange rename;
  rename.name = "New";
  BOOST_CHECK_EXCEPTION(change(make_id("tnt_", now), rename), Failure,
                        has_code("tenant_not_found"));
}

BOOST_AUTO_TEST_CASE(a_transaction_of_one_tenant_changes_no_other) {
  const std::string own = add_tenant().tenant.id, foreign = add_tenant("Foreign").tenant.id;
  TenantChange rename;
  rename.name = "Mine";
  const auto attempt = [&] {
    return commit(own, [&](db::Transaction& transaction) {
      return change_tenant(transaction, foreign, rename, now);
    });
  };
  BOOST_CHECK_EXCEPTION(attempt(), Failure, has_code("tenant_not_found"));
  BOOST_TEST(show_tenant(connection, foreign).name == "Foreign");
}

BOOST_AUTO_TEST_CASE(keys_of_a_disabled_tenant_do_not_work_until_it_is_enabled) {
  const CreatedTenant made = add_tenant();
  for (int time = 0; time < 2; ++time) {
    BOOST_TEST(set_status_of(made.tenant.id, "disabled").status == "disabled");
  }
  BOOST_TEST(!works(made.public_key, now));
  BOOST_TEST(!works(made.secret_key, now));
  BOOST_TEST(set_status_of(made.tenant.id, "active").status == "active");
  BOOST_TEST(works(made.public_key, now));
  BOOST_TEST(works(made.secret_key, now));
  BOOST_CHECK_EXCEPTION(set_status_of(make_id("tnt_", now), "disabled"), Failure,
                        has_code("tenant_not_found"));
}

BOOST_AUTO_TEST_CASE(disabling_a_tenant_advances_what_key_and_client_caches_watch) {
  const std::string id = add_tenant().tenant.id;
  const auto sum = [&] {
    return count(
        "SELECT sum(value)::bigint AS count FROM epochs WHERE topic IN ('tenant_keys', "
        "'clients')");
  };
  const std::int64_t before = sum();
  set_status_of(id, "disabled");
  BOOST_TEST(sum() >= before + 2);
}

BOOST_AUTO_TEST_CASE(a_platform_service_lists_all_tenants_by_pages) {
  std::string first = add_tenant().tenant.id, second = add_tenant().tenant.id;
  if (second < first) first.swap(second);
  const auto platform = caller(auth::Credential::service_token, "");
  const auto all = list_tenants(connection, platform, "", 1000);
  const auto listed = [&](const std::string& id) {
    return std::ranges::count(all, id, &Tenant::id);
  };
  BOOST_TEST(listed(first) == 1);
  BOOST_TEST(listed(second) == 1);
  BOOST_TEST(std::ranges::is_sorted(all, {}, &Tenant::id));
  BOOST_TEST(list_tenants(connection, platform, "", 1).size() == 1U);
  for (const Tenant& tenant : list_tenants(connection, platform, first, 1000)) {
    BOOST_TEST(tenant.id > first);
  }
}

BOOST_AUTO_TEST_CASE(r36_a_bound_service_lists_its_own_tenant_only) {
  const std::string own = add_tenant("Own").tenant.id;
  add_tenant();
  const auto bound = caller(auth::Credential::service_token, own);
  const auto seen = list_tenants(connection, bound, "", 1000);
  BOOST_REQUIRE(seen.size() == 1U);
  BOOST_TEST(seen[0].id == own);
  BOOST_TEST(seen[0].name == "Own");
  BOOST_TEST(list_tenants(connection, bound, own, 1000).empty());
}

BOOST_AUTO_TEST_CASE(r36_a_tenant_is_managed_by_its_own_key_and_by_unbound_services) {
  using auth::Credential;
  const auto refused = has_code("tenant_not_found");
  BOOST_CHECK_NO_THROW(require_manager(caller(Credential::secret_key, "tnt_a"), "tnt_a"));
  BOOST_CHECK_NO_THROW(require_manager(caller(Credential::service_token, ""), "tnt_a"));
  BOOST_CHECK_NO_THROW(require_manager(caller(Credential::service_token, "tnt_a"), "tnt_a"));
  for (const auto& stranger :
       {caller(Credential::secret_key, "tnt_b"), caller(Credential::service_token, "tnt_b"),
        caller(Credential::secret_key, ""), caller(Credential::none, "")}) {
    BOOST_CHECK_EXCEPTION(require_manager(stranger, "tnt_a"), Failure, refused);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace gatehouse::tenants
