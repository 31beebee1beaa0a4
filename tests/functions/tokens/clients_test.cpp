#include "tokens/clients.h"

#include <boost/test/unit_test.hpp>

#include "functions/tokens/fixture.h"

using namespace gatehouse;
using namespace gatehouse::tokens;
using namespace std::chrono_literals;

namespace {

struct ClientsFixture : Fixture {
  Clients clients{settings, keyring, authenticator};
  db::Connection nowhere{{.conninfo = "host=/nonexistent dbname=none", .timeout = 50ms}};

  Clients::Pointer ask(const Credentials& who) { return ask(who, database); }
  Clients::Pointer ask(const Credentials& who, db::Connection& connection) {
    return clients.authenticate(who.id, who.secret, Client::Method::posted_secret, connection,
                                clock.now());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(clients, ClientsFixture)

BOOST_AUTO_TEST_CASE(client_is_read_with_all_that_a_token_says) {
  const std::string tenant = make_tenant();
  const Credentials who = make_client({.tenant_id = tenant,
                                       .scopes = {"user:write", "log.push"},
                                       .audiences = {"https://a.example/", "https://b.example/"},
                                       .system_id = "batch-7",
                                       .env = "stage",
                                       .token_seconds = 120});
  const auto client = ask(who);
  BOOST_REQUIRE(client);
  BOOST_TEST(client->client_id == who.id);
  BOOST_TEST(client->tenant_id == tenant);
  BOOST_TEST(client->scope == "log.push user:write");
  BOOST_TEST(client->system_id == "batch-7");
  BOOST_TEST(client->env == "stage");
  BOOST_TEST(client->default_audience == "https://a.example/");
  BOOST_TEST(client->token_lifetime.count() == 120);
}

BOOST_AUTO_TEST_CASE(client_without_audiences_has_the_servers_and_lifetimes_are_bounded) {
  const auto plain = ask(make_client({}));
  BOOST_TEST(plain->default_audience == settings.audience);
  BOOST_TEST(plain->audiences.size() == 1U);
  BOOST_TEST(plain->token_lifetime.count() == settings.service_token_lifetime.count());
  BOOST_TEST(ask(make_client({.token_seconds = 1}))->token_lifetime.count() == 60);
  BOOST_TEST(ask(make_client({.token_seconds = 86400}))->token_lifetime.count() == 3600);
  const auto listed = ask(make_client({.audiences = {"https://a.example/", settings.audience}}));
  BOOST_TEST(listed->default_audience == settings.audience);
}

BOOST_AUTO_TEST_CASE(warm_client_needs_no_database) {
  const Credentials who = make_client({});
  BOOST_REQUIRE(ask(who));
  BOOST_TEST(ask(who, nowhere) != nullptr);
}

BOOST_AUTO_TEST_CASE(refusals_of_one_second_need_one_round_trip) {
  Credentials wrong = make_client({});
  wrong.secret = crypto::make_machine_secret("secret_").reveal();
  const Credentials unknown{make_id("svc_", clock.now()), wrong.secret};
  BOOST_TEST(ask(wrong) == nullptr);
  BOOST_TEST(ask(unknown) == nullptr);
  BOOST_TEST(ask(wrong, nowhere) == nullptr);
  BOOST_TEST(ask(unknown, nowhere) == nullptr);
}

BOOST_AUTO_TEST_CASE(refusal_after_a_second_asks_again_whether_the_client_exists_or_not) {
  Credentials wrong = make_client({});
  BOOST_REQUIRE(ask(wrong));
  wrong.secret = crypto::make_machine_secret("secret_").reveal();
  const Credentials unknown{make_id("svc_", clock.now()), wrong.secret};
  BOOST_TEST(ask(unknown) == nullptr);
  clock.offset = 2s;
  BOOST_CHECK_THROW(ask(wrong, nowhere), db::Unavailable);
  BOOST_CHECK_THROW(ask(unknown, nowhere), db::Unavailable);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_a_client_or_a_secret_is_refused_without_the_database) {
  const std::string good = std::string(crypto::make_machine_secret("secret_").reveal());
  const std::string id = make_id("svc_", clock.now());
  std::string typo = good;
  typo.back() = typo.back() == 'a' ? 'b' : 'a';
  for (const Credentials& who :
       {Credentials{"", good}, Credentials{"svc_abc123def456", good}, Credentials{"*", good},
        Credentials{make_id("tnt_", clock.now()), good}, Credentials{id, ""},
        Credentials{id, "secret_abcdefg123456"}, Credentials{id, typo},
        Credentials{id, std::string(crypto::make_machine_secret("sec_").reveal())}}) {
    BOOST_TEST(ask(who, nowhere) == nullptr);
  }
}

BOOST_AUTO_TEST_CASE(new_secret_works_beside_the_old_one_within_a_second) {
  const Credentials old = make_client({});
  BOOST_REQUIRE(ask(old));
  const Credentials added{old.id, add_secret(old.id)};
  clock.offset = 1s;
  BOOST_TEST(ask(added) != nullptr);
  BOOST_TEST(ask(old) != nullptr);
}

BOOST_AUTO_TEST_CASE(new_secret_works_at_once_though_the_client_was_read_a_moment_ago) {
  const Credentials old = make_client({});
  BOOST_REQUIRE(ask(old));
  const Credentials added{old.id, add_secret(old.id)};
  BOOST_TEST(ask(added) != nullptr);
  BOOST_TEST(ask(old) != nullptr);
}

BOOST_AUTO_TEST_CASE(secret_ends_at_its_expiry_though_the_client_is_cached) {
  const Credentials who = make_client({});
  const Credentials ending{who.id, add_secret(who.id, clock.now() + 60s)};
  BOOST_REQUIRE(ask(ending));
  clock.offset = 61s;
  BOOST_TEST(ask(ending) == nullptr);
  BOOST_TEST(ask(who) != nullptr);
}

BOOST_AUTO_TEST_CASE(disabled_client_is_refused_once_the_epoch_is_read) {
  const Credentials who = make_client({});
  BOOST_REQUIRE(ask(who));
  disable_client(who.id);
  BOOST_TEST(ask(who) == nullptr);
}

BOOST_AUTO_TEST_CASE(client_of_a_disabled_tenant_is_refused) {
  const std::string tenant = make_tenant();
  const Credentials who = make_client({.tenant_id = tenant});
  BOOST_REQUIRE(ask(who));
  set_tenant_status(tenant, "disabled");
  BOOST_TEST(ask(who) == nullptr);
  set_tenant_status(tenant, "active");
  BOOST_TEST(ask(who) != nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
