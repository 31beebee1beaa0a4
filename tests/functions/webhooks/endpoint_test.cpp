#include "webhooks/endpoint.h"

#include "fixture.h"
#include "webhooks/secret.h"

namespace gatehouse::webhooks {
namespace {

using std::chrono::seconds;

struct Endpoints : Fixture {
  std::string other = make_tenant();

  RotatedSecret rotate(const std::string& id, seconds grace, Time at) {
    return commit([&](db::Transaction& transaction) {
      return rotate_secret(transaction, keyring, tenant, id, grace, at);
    });
  }
  Endpoint change(const std::string& id, const EndpointChange& wanted) {
    return commit([&](db::Transaction& transaction) {
      return change_endpoint(transaction, tenant, id, wanted, now);
    });
  }
  Endpoint enable(const std::string& id, bool enabled) {
    return commit([&](db::Transaction& transaction) {
      return enable_endpoint(transaction, tenant, id, enabled, now);
    });
  }
  std::string ping_of(std::string_view of, const std::string& id) {
    return commit(of, [&](db::Transaction& transaction) {
      return ping(transaction, key_of(of), id, "trace", now);
    });
  }
  /// The sealed secret, opened; "" where there is none.
  std::string kept(const std::string& id, const char* column) {
    const std::string sql =
        std::string("SELECT ") + column + " AS kept FROM webhook_endpoints WHERE id = '" + id + "'";
    const auto rows = superuser.read(db::Scope::none(), {"", sql.c_str()});
    if (rows.is_null(0, "kept")) return {};
    return std::string(open_secret(keyring, id, rows.bytes(0, "kept")).reveal());
  }
};

BOOST_FIXTURE_TEST_SUITE(endpoints_of_a_tenant, Endpoints)

BOOST_AUTO_TEST_CASE(endpoint_is_kept_as_it_was_made) {
  const CreatedEndpoint made = make_endpoint({.url = "https://example.com/hook",
                                              .description = "ours",
                                              .event_types = {"user.created", "*"},
                                              .ordered = true,
                                              .max_concurrency = 3,
                                              .rate_per_second = 20});
  BOOST_TEST(is_id("whk_", made.endpoint.id));
  const Endpoint found = show_endpoint(database, tenant, made.endpoint.id);
  BOOST_TEST(found.settings.url == "https://example.com/hook");
  BOOST_TEST(found.settings.description == "ours");
  BOOST_TEST(found.settings.event_types == (std::vector<std::string>{"user.created", "*"}),
             boost::test_tools::per_element());
  BOOST_TEST(found.settings.ordered);
  BOOST_TEST(found.settings.max_concurrency == 3);
  BOOST_TEST(found.settings.rate_per_second.value() == 20);
  BOOST_TEST(found.status == "enabled");
  BOOST_TEST(!found.parked);
  BOOST_TEST((found.created_at == now && found.updated_at == now));
}

BOOST_AUTO_TEST_CASE(secret_is_kept_sealed_for_its_endpoint_alone) {
  const CreatedEndpoint made = make_endpoint();
  BOOST_TEST(kept(made.endpoint.id, "secret_sealed") == made.secret.reveal());
  const CreatedEndpoint another = make_endpoint();
  superuser.execute(
      "UPDATE webhook_endpoints SET secret_sealed = (SELECT secret_sealed FROM"
      " webhook_endpoints WHERE id = '" +
      made.endpoint.id + "') WHERE id = '" + another.endpoint.id + "'");
  BOOST_CHECK_THROW(kept(another.endpoint.id, "secret_sealed"), crypto::SealError);
}

BOOST_AUTO_TEST_CASE(only_what_is_named_changes) {
  const std::string id = make_endpoint().endpoint.id;
  BOOST_TEST(change(id, {.rate_per_second = 7}).settings.rate_per_second.value() == 7);
  const Endpoint changed = change(id, {.url = "https://example.com/other", .ordered = true});
  BOOST_TEST(changed.settings.url == "https://example.com/other");
  BOOST_TEST(changed.settings.ordered);
  BOOST_TEST(changed.settings.rate_per_second.value() == 7);
  BOOST_TEST(changed.settings.event_types.front() == "user.*");
  BOOST_TEST(changed.settings.description == "ours");
  EndpointChange unlimited;
  unlimited.rate_per_second.emplace(std::nullopt);
  BOOST_TEST(!change(id, unlimited).settings.rate_per_second);
  BOOST_TEST(failure_of([&] { change(id, {}); }) == "nothing_to_change");
}

BOOST_AUTO_TEST_CASE(who_enables_an_endpoint_begins_anew) {
  const std::string id = make_endpoint().endpoint.id;
  const Endpoint off = enable(id, false);
  BOOST_TEST(off.status == "disabled");
  BOOST_TEST(off.disabled_reason.value() == "requested");
  superuser.execute(
      "UPDATE webhook_endpoints SET disabled_reason = 'gone', failing_since = now(),"
      " probe_at = now() WHERE id = '" +
      id + "'");
  BOOST_TEST(enable(id, false).disabled_reason.value() == "gone");
  const Endpoint on = enable(id, true);
  BOOST_TEST(on.status == "enabled");
  BOOST_TEST((!on.disabled_reason && !on.failing_since && !on.parked));
}

BOOST_AUTO_TEST_CASE(rotation_leaves_the_secret_before_until_its_grace_is_over) {
  const CreatedEndpoint made = make_endpoint();
  const std::string& id = made.endpoint.id;
  const RotatedSecret second = rotate(id, seconds(60), now);
  BOOST_TEST(second.secret.reveal() != made.secret.reveal());
  BOOST_TEST((second.previous_until == now + seconds(60)));
  BOOST_TEST(kept(id, "secret_sealed") == second.secret.reveal());
  BOOST_TEST(kept(id, "previous_secret_sealed") == made.secret.reveal());
  BOOST_TEST((show_endpoint(database, tenant, id).previous_secret_until == now + seconds(60)));
  const RotatedSecret third = rotate(id, seconds(60), now);
  BOOST_TEST(kept(id, "previous_secret_sealed") == second.secret.reveal());
  const RotatedSecret fourth = rotate(id, seconds(0), now);
  BOOST_TEST(kept(id, "secret_sealed") == fourth.secret.reveal());
  BOOST_TEST(kept(id, "previous_secret_sealed") == "");
  BOOST_TEST(!show_endpoint(database, tenant, id).previous_secret_until);
}

BOOST_AUTO_TEST_CASE(tenant_has_a_bounded_number_of_endpoints) {
  for (int i = 0; i < most_endpoints; ++i) make_endpoint();
  BOOST_TEST(failure_of([&] { make_endpoint(); }) == "too_many_endpoints");
  const auto all = list_endpoints(database, tenant, "", 1000);
  BOOST_TEST(all.size() == std::size_t{most_endpoints});
  const auto rest = list_endpoints(database, tenant, all[most_endpoints - 3].id, 1000);
  BOOST_TEST(rest.size() == 2U);
  BOOST_TEST(rest.front().id == all[most_endpoints - 2].id);
  commit([&](db::Transaction& transaction) {
    delete_endpoint(transaction, tenant, all.front().id);
    return 0;
  });
  make_endpoint();
}

BOOST_AUTO_TEST_CASE(ping_is_for_this_endpoint_alone) {
  const std::string id = make_endpoint().endpoint.id;
  const std::string event = ping_of(tenant, id);
  BOOST_TEST(count("FROM events WHERE id = '" + event +
                   "' AND type = 'webhook_endpoint.pinged'"
                   " AND tenant_id = '" +
                   tenant + "'") == 1);
  BOOST_TEST(count("FROM event_queue WHERE event_id = '" + event + "' AND endpoint_id = '" + id +
                   "'") == 1);
  enable(id, false);
  BOOST_TEST(failure_of([&] { ping_of(tenant, id); }) == "endpoint_disabled");
}

BOOST_AUTO_TEST_CASE(another_tenant_reaches_none_of_them) {
  const std::string id = make_endpoint().endpoint.id;
  const auto refused = [&](auto work) {
    return failure_of([&] {
             commit(other, [&](db::Transaction& transaction) {
               work(transaction);
               return 0;
             });
           }) == "endpoint_not_found";
  };
  BOOST_TEST(failure_of([&] { show_endpoint(database, other, id); }) == "endpoint_not_found");
  BOOST_TEST(list_endpoints(database, other, "", 10).empty());
  BOOST_TEST(refused([&](auto& in) { change_endpoint(in, other, id, {.ordered = true}, now); }));
  BOOST_TEST(refused([&](auto& in) { enable_endpoint(in, other, id, false, now); }));
  BOOST_TEST(refused([&](auto& in) { delete_endpoint(in, other, id); }));
  BOOST_TEST(refused([&](auto& in) { rotate_secret(in, keyring, other, id, seconds(0), now); }));
  BOOST_TEST(refused([&](auto& in) { ping(in, key_of(other), id, "t", now); }));
  // Nor where a statement forgets to name its tenant: the policy is the net.
  const db::Statement all{"test_all_endpoints", "SELECT id FROM webhook_endpoints"};
  BOOST_TEST(database.read(db::Scope::tenant(other), all).empty());
  BOOST_TEST(database.read(db::Scope::platform(), all).empty());
  BOOST_TEST(database.read(db::Scope::none(), all).empty());
  BOOST_TEST(database.read(db::Scope::tenant(tenant), all).rows() == 1);
}

BOOST_AUTO_TEST_CASE(other_functions_know_no_endpoint) {
  for (const char* role : {"tokens", "tenants", "users", "services", "audit", "system"}) {
    db::Connection own(db::connection_options(settings, std::string("gatehouse_") + role));
    BOOST_CHECK_THROW(own.execute("SELECT id FROM webhook_endpoints"), db::StatementError);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace gatehouse::webhooks
