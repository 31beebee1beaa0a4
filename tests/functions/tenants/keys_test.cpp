#include "tenants/keys.h"

#include <algorithm>
#include <thread>

#include "functions/tenants/fixture.h"

namespace gatehouse::tenants {
namespace {

using namespace std::chrono_literals;

struct KeyFixture : Fixture {
  const CreatedTenant made = add_tenant();
  const std::string& id = made.tenant.id;

  std::vector<Key> keys(KeyKind kind, Time at) {
    auto all = list_keys(connection, id, at);
    std::erase_if(all, [&](const Key& key) { return key.kind != kind_name(kind); });
    return all;
  }
};

BOOST_FIXTURE_TEST_SUITE(keys_of_a_tenant, KeyFixture)

BOOST_AUTO_TEST_CASE(a_rotated_key_works_until_its_overlap_ends) {
  const Time rotated = now + 1s;
  const NewKey fresh = rotate(id, KeyKind::secret_key, 86400s, rotated);
  BOOST_TEST((fresh.previous_expires_at == rotated + 86400s));
  BOOST_TEST(works(fresh.key, rotated));
  BOOST_TEST(works(made.secret_key, rotated + 86399s));
  BOOST_TEST(!works(made.secret_key, rotated + 86400s));
  BOOST_TEST(works(fresh.key, rotated + 86400s));
}

BOOST_AUTO_TEST_CASE(without_an_overlap_the_old_key_stops_at_once) {
  const NewKey fresh = rotate(id, KeyKind::public_key, 0s, now + 1s);
  BOOST_TEST(works(made.public_key, now));
  BOOST_TEST(!works(made.public_key, now + 1s));
  BOOST_TEST(works(fresh.key, now + 1s));
}

BOOST_AUTO_TEST_CASE(a_key_that_was_to_end_sooner_still_does) {
  const NewKey second = rotate(id, KeyKind::secret_key, 10s, now + 1s);
  const NewKey third = rotate(id, KeyKind::secret_key, 86400s, now + 2s);
  BOOST_TEST(works(made.secret_key, now + 10s));
  BOOST_TEST(!works(made.secret_key, now + 11s));
  BOOST_TEST(works(second.key, now + 86401s));
  BOOST_TEST(!works(second.key, now + 86402s));
  BOOST_TEST(works(third.key, now + 86402s));
}

BOOST_AUTO_TEST_CASE(a_shorter_overlap_ends_keys_that_were_to_last_longer) {
  const NewKey second = rotate(id, KeyKind::secret_key, 86400s, now + 1s);
  rotate(id, KeyKind::secret_key, 0s, now + 2s);
  BOOST_TEST(!works(made.secret_key, now + 2s));
  BOOST_TEST(!works(second.key, now + 2s));
}

BOOST_AUTO_TEST_CASE(rotating_one_kind_leaves_the_other_and_other_tenants_alone) {
  const CreatedTenant other = add_tenant();
  rotate(id, KeyKind::public_key, 0s, now + 1s);
  const Time later = now + 1h;
  BOOST_TEST(works(made.secret_key, later));
  BOOST_TEST(works(other.public_key, later));
  BOOST_TEST(works(other.secret_key, later));
}

BOOST_AUTO_TEST_CASE(the_card_shows_the_new_keys) {
  const NewKey public_key = rotate(id, KeyKind::public_key, 60s, now + 1s);
  const NewKey secret_key = rotate(id, KeyKind::secret_key, 60s, now + 1s);
  const TenantCard card = show_tenant(connection, id);
  BOOST_TEST(card.public_key == public_key.key.reveal());
  BOOST_TEST(card.secret_key_fingerprint == secret_key.fingerprint);
}

BOOST_AUTO_TEST_CASE(the_card_shows_the_key_that_stays_when_two_rotations_overtake_each_other) {
  rotate(id, KeyKind::public_key, 0s, now + 2s);
  const NewKey stays = rotate(id, KeyKind::public_key, 0s, now + 1s);
  BOOST_TEST(works(stays.key, now + 3s));
  BOOST_TEST(show_tenant(connection, id).public_key == stays.key.reveal());
}

BOOST_AUTO_TEST_CASE(keys_that_work_are_listed_newest_first_and_secret_ones_by_fingerprint_only) {
  const NewKey fresh = rotate(id, KeyKind::secret_key, 60s, now + 1s);
  const auto secrets = keys(KeyKind::secret_key, now + 2s);
  BOOST_REQUIRE(secrets.size() == 2U);
  BOOST_TEST(secrets[0].id == fresh.id);
  BOOST_TEST(secrets[0].fingerprint == fresh.fingerprint);
  BOOST_TEST(!secrets[0].expires_at.has_value());
  BOOST_TEST((secrets[1].expires_at == now + 61s));
  for (const Key& key : secrets) BOOST_TEST(key.public_key.empty());
  BOOST_TEST(keys(KeyKind::secret_key, now + 61s).size() == 1U);

  const auto publics = keys(KeyKind::public_key, now + 2s);
  BOOST_REQUIRE(publics.size() == 1U);
  BOOST_TEST(publics[0].public_key == made.public_key.reveal());
}

BOOST_AUTO_TEST_CASE(r36_keys_of_another_tenant_are_neither_rotated_nor_listed) {
  const CreatedTenant foreign = add_tenant();
  const auto attempt = [&] {
    return commit(id, [&](db::Transaction& transaction) {
      return rotate_key(transaction, keyring, foreign.tenant.id, KeyKind::secret_key, 0s, now);
    });
  };
  BOOST_CHECK_EXCEPTION(attempt(), Failure, has_code("tenant_not_found"));
  BOOST_TEST(works(foreign.secret_key, now));
  for (const Key& key : list_keys(connection, id, now)) {
    BOOST_TEST(key.public_key != foreign.public_key.reveal());
  }
}

BOOST_AUTO_TEST_CASE(nobody_has_no_keys_to_rotate) {
  BOOST_CHECK_EXCEPTION(rotate(make_id("tnt_", now), KeyKind::public_key, 0s, now), Failure,
                        has_code("tenant_not_found"));
}

BOOST_AUTO_TEST_CASE(sixteen_rotations_at_once_leave_one_key_without_expiry) {
  std::vector<std::string> fresh(16);
  {
    std::vector<std::jthread> running;
    for (std::string& key : fresh) {
      running.emplace_back([this, &key] {
        try {
          db::Connection own(db::connection_options(settings, "gatehouse_tenants"));
          const Time at = SystemClock().now();
          key = commit(own, id, [&](db::Transaction& transaction) {
                  return rotate_key(transaction, keyring, id, KeyKind::public_key, 60s, at);
                }).key.reveal();
        } catch (const std::exception& error) {
          key = error.what();
        }
      });
    }
  }
  for (const std::string& key : fresh) {
    BOOST_TEST(crypto::well_formed_machine_secret("pub_", key), key);
  }
  const auto left = keys(KeyKind::public_key, now);
  BOOST_TEST(left.size() == 17U);
  const auto stays = [](const Key& key) { return !key.expires_at; };
  BOOST_REQUIRE(std::ranges::count_if(left, stays) == 1);
  const auto current = std::ranges::find_if(left, stays);
  BOOST_TEST(std::ranges::count(fresh, current->public_key) == 1);
  BOOST_TEST(show_tenant(connection, id).public_key == current->public_key);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace gatehouse::tenants
