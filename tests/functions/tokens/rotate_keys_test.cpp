#include "tokens/rotate_keys.h"

#include <boost/test/unit_test.hpp>
#include <future>

#include "functions/tokens/fixture.h"

using namespace gatehouse;
using namespace gatehouse::tokens;
using namespace std::chrono_literals;

namespace {

struct RotateFixture : Fixture {
  RotateFixture() : tenant(make_tenant()), first(open_issuer(tenant)) {}

  std::vector<MadeKey> rotate() { return rotate_keys(database, settings, keyring, clock); }

  /// Makes the tenant's keys as old as that; the platform's are all tests'.
  void age(int days) {
    static constexpr db::Statement make_old{
        "test_make_old",
        "UPDATE signing_keys SET created_at = now() - $2::int * interval '1 day'"
        " WHERE tenant_id = $1"};
    op.write(db::Scope::platform(), make_old, {tenant, days});
  }
  std::vector<auth::KeyTimes> keys(const std::string& of) {
    db::Transaction transaction(op, db::Scope::platform());
    return auth::lock_keys(transaction, of);
  }
  static const MadeKey* find(const std::vector<MadeKey>& made, const std::string& of) {
    const auto found = std::ranges::find(made, of, &MadeKey::tenant_id);
    return found == made.end() ? nullptr : &*found;
  }
  const std::string tenant, first;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(key_rotation_job, RotateFixture)

BOOST_AUTO_TEST_CASE(key_is_replaced_when_it_is_old_and_no_sooner) {
  age(89);
  BOOST_TEST(!find(rotate(), tenant));
  age(91);
  const auto rotated = rotate();
  const MadeKey* made = find(rotated, tenant);
  BOOST_REQUIRE(made);
  const auto all = keys(tenant);
  BOOST_TEST_REQUIRE(all.size() == 2);
  BOOST_TEST(all[0].kid == made->kid);
  BOOST_TEST((all[0].signs_from >= clock.now() + 2 * settings.jwks_max_age));
  BOOST_TEST(all[1].kid == first);
  BOOST_TEST((all[1].retired_at == all[0].signs_from));
  BOOST_TEST((*all[1].expires_at > all[0].signs_from + settings.user_token_lifetime));
  const auto line = gatehouse::json::parse(describe(rotated, settings));
  BOOST_TEST(!line.find("rotated")->items().empty());
}

BOOST_AUTO_TEST_CASE(again_finds_nothing_to_do) {
  age(91);
  BOOST_TEST(find(rotate(), tenant));
  BOOST_TEST(!find(rotate(), tenant));
}

BOOST_AUTO_TEST_CASE(of_many_at_once_one_makes_the_key) {
  age(91);
  std::vector<std::future<std::vector<MadeKey>>> jobs;
  for (int i = 0; i < 4; ++i) {
    jobs.push_back(std::async(std::launch::async, [&] {
      db::Connection own(db::connection_options(settings, "gatehouse_tokens"));
      return rotate_keys(own, settings, keyring, clock);
    }));
  }
  int made = 0;
  for (auto& job : jobs) made += find(job.get(), tenant) != nullptr;
  BOOST_TEST(made == 1);
  BOOST_TEST(keys(tenant).size() == 2);
}

BOOST_AUTO_TEST_CASE(an_issuer_that_was_closed_gets_no_key) {
  {
    db::Transaction transaction(op, db::Scope::platform());
    auth::retire_all(transaction, auth::lock_keys(transaction, tenant), {.longest_token = 300s},
                     clock.start);
    transaction.commit();
  }
  age(91);
  BOOST_TEST(!find(rotate(), tenant));
}

BOOST_AUTO_TEST_CASE(private_half_is_stored_sealed_and_the_rotation_is_in_the_trail) {
  age(91);
  const auto rotated = rotate();
  const MadeKey* made = find(rotated, tenant);
  BOOST_REQUIRE(made);
  static constexpr db::Statement sealed{"test_sealed",
                                        "SELECT private_sealed FROM signing_keys WHERE kid = $1"};
  const Bytes stored =
      database.read(db::Scope::platform(), sealed, {made->kid}).bytes(0, "private_sealed");
  const Secret der = keyring.open(stored, made->kid);
  BOOST_TEST(as_text(stored).find(der.reveal().substr(0, 16)) == std::string_view::npos);
  BOOST_CHECK_THROW(keyring.open(stored, first), crypto::SealError);
  static constexpr db::Statement event{
      "test_rotation_event",
      "SELECT tenant_id, detail->'replaces'->>0 AS replaced FROM sys_audit_logs"
      " WHERE event = 'signing_key.rotated' AND resource_id = $1"};
  const auto row = op.read(db::Scope::platform(), event, {made->kid});
  BOOST_TEST_REQUIRE(row.rows() == 1);
  BOOST_TEST(row.text(0, "tenant_id") == tenant);
  BOOST_TEST(row.text(0, "replaced") == first);
}

BOOST_AUTO_TEST_SUITE_END()
