#include "auth/usage.h"

#include <boost/test/unit_test.hpp>

#include "functions/tokens/fixture.h"

using namespace gatehouse;
using namespace gatehouse::tokens;
using namespace std::chrono_literals;

namespace {

struct UsageFixture : Fixture {
  auth::Usage usage{100};
  db::Connection reader{reader_options()};

  db::ConnectionOptions reader_options() const {
    auto options = db::connection_options(settings, "gatehouse_operator");
    options.prepared_statements = false;
    return options;
  }
  std::string written(const char* sql) {
    return std::string(reader.read(db::Scope::none(), {"", sql}).text(0, "it"));
  }
  std::string of_client(const std::string& id) {
    return written(
        ("SELECT max(last_used_at)::text AS it FROM service_usage WHERE client_id = '" + id + "'")
            .c_str());
  }
  std::string grants(const std::string& id) {
    return written(("SELECT string_agg(scope, ' ' ORDER BY scope) AS it FROM service_scope_usage"
                    " WHERE client_id = '" +
                    id + "'")
                       .c_str());
  }
  std::string secrets(const std::string& id) {
    return written(("SELECT count(*)::text AS it FROM service_secret_usage u JOIN service_secrets c"
                    " ON c.id = u.secret_id WHERE c.client_id = '" +
                    id + "'")
                       .c_str());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(usage, UsageFixture)

BOOST_AUTO_TEST_CASE(token_counts_as_a_use_of_its_client_its_secret_and_its_scopes_grants) {
  const Credentials who = make_client({.scopes = {"log.push", "user:read"}});
  add_secret(who.id);
  BOOST_REQUIRE(token("grant_type=client_credentials&scope=log.push", who.basic()).status == 200);
  authenticator.usage().flush(database);
  BOOST_TEST(!of_client(who.id).empty());
  BOOST_TEST(secrets(who.id) == "1");
  BOOST_TEST(grants(who.id) == "log.push");
}

BOOST_AUTO_TEST_CASE(wildcard_is_used_by_whatever_it_covers) {
  const Credentials who = make_client({.scopes = {"log.*", "log.push", "user:read"}});
  usage.issued(who.id, {"log.*", "log.push", "user:read"}, "log.pull user:read nothing",
               clock.now());
  usage.flush(database);
  BOOST_TEST(grants(who.id) == "log.* user:read");
}

BOOST_AUTO_TEST_CASE(row_is_written_once_a_minute_and_never_goes_back) {
  const Credentials who = make_client({});
  const auto note = [&](std::chrono::seconds at) {
    usage.authenticated(who.id, {}, clock.start + at);
    usage.flush(database);
    return of_client(who.id);
  };
  const std::string first = note(0s);
  BOOST_TEST(note(59s) == first);
  BOOST_TEST(note(-300s) == first);
  BOOST_TEST(note(60s) != first);
}

BOOST_AUTO_TEST_CASE(what_was_deleted_meanwhile_hinders_nothing) {
  const Credentials who = make_client({});
  usage.authenticated(make_id("svc_", clock.now()), make_id("sct_", clock.now()), clock.now());
  usage.authenticated(who.id, make_id("sct_", clock.now()), clock.now());
  usage.issued(who.id, {"never:granted"}, "never:granted", clock.now());
  usage.flush(database);
  BOOST_TEST(!of_client(who.id).empty());
  BOOST_TEST(grants(who.id).empty());
}

BOOST_AUTO_TEST_CASE(what_could_not_be_written_is_kept_and_room_is_bounded) {
  const Credentials who = make_client({}), late = make_client({});
  auth::Usage small(1);
  small.authenticated(who.id, {}, clock.now());
  small.authenticated(late.id, {}, clock.now());
  db::Connection nowhere({.conninfo = "host=/nonexistent dbname=none", .timeout = 50ms});
  BOOST_CHECK_THROW(small.flush(nowhere), db::Unavailable);
  small.flush(database);
  BOOST_TEST(!of_client(who.id).empty());
  BOOST_TEST(of_client(late.id).empty());
}

BOOST_AUTO_TEST_CASE(thousands_of_clients_are_written_in_batches) {
  auth::Usage many(5000);
  std::vector<Credentials> real;
  for (int i = 0; i < 2500; ++i) {
    many.authenticated("svc_" + std::to_string(i), {}, clock.now());
    if (i % 500 != 0) continue;
    real.push_back(make_client({}));
    many.authenticated(real.back().id, {}, clock.now());
  }
  many.flush(database);
  for (const Credentials& who : real) BOOST_TEST(!of_client(who.id).empty());
}

BOOST_AUTO_TEST_SUITE_END()
