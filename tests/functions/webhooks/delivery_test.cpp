#include "webhooks/delivery.h"

#include "fixture.h"

namespace gatehouse::webhooks {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

struct Deliveries : Fixture {
  std::string endpoint = make_endpoint().endpoint.id;

  /// A delivery as the worker leaves it, of an event `type` of that age; the older, the earlier.
  std::string deliver(const std::string& state, const std::string& type = "user.created",
                      seconds age = seconds(0), std::string to = {}) {
    const Time at = now - age;
    const std::string id = make_id("dlv_", at), event = make_id("evt_", at),
                      when = "'" + db::timestamp_text(at) + "'";
    if (to.empty()) to = endpoint;
    superuser.execute(
        "INSERT INTO events (id, created_at, tenant_id, type, data, sequence) VALUES ('" + event +
        "', " + when + ", '" + tenant + "', '" + type + "', '{}', nextval('event_sequence'))");
    superuser.execute(
        "INSERT INTO webhook_deliveries (id, created_at, tenant_id, endpoint_id, event_id,"
        " event_created_at, event_type, state, attempts, finished_at) VALUES ('" +
        id + "', " + when + ", '" + tenant + "', '" + to + "', '" + event + "', " + when + ", '" +
        type + "', '" + state + "', 6, " + (state == "pending" ? "NULL" : when) + ")");
    return id;
  }
  std::vector<std::string> list(const DeliveryFilter& filter, int limit = 100) {
    std::vector<std::string> ids;
    std::optional<DeliveryPosition> before;
    do {
      const DeliveryPage page = list_deliveries(database, tenant, filter, before, limit);
      for (const Delivery& one : page.deliveries) ids.push_back(one.id);
      before = page.next;
    } while (before);
    return ids;
  }
  std::string failure_of_resending(std::string_view of, const std::string& id) {
    return failure_of([&] {
      commit(of, [&](db::Transaction& transaction) {
        resend(transaction, of, id);
        return 0;
      });
    });
  }
  std::int64_t redrive_by(const DeliveryFilter& filter) {
    return commit(
        [&](db::Transaction& transaction) { return redrive(transaction, tenant, filter); });
  }
  bool waits(const std::string& id) {
    return count(
               "FROM event_queue q JOIN webhook_deliveries d ON d.id = q.delivery_id AND"
               " d.created_at = q.delivery_created_at AND d.event_id = q.event_id AND"
               " d.endpoint_id = q.endpoint_id WHERE d.state = 'pending' AND d.finished_at IS"
               " NULL AND d.id = '" +
               id + "'") == 1;
  }
};

BOOST_FIXTURE_TEST_SUITE(deliveries_of_a_tenant, Deliveries)

BOOST_AUTO_TEST_CASE(list_is_newest_first_and_filtered) {
  const std::string old = deliver("delivered", "user.created", hours(2));
  const std::string dead = deliver("dead_letter", "session.ended", hours(1));
  const std::string other = deliver("dead_letter", "user.deleted", seconds(9), "whk_other");
  const std::string last = deliver("pending");
  using Ids = std::vector<std::string>;
  BOOST_TEST(list({}) == (Ids{last, other, dead, old}), boost::test_tools::per_element());
  BOOST_TEST(list({}, 1) == (Ids{last, other, dead, old}), boost::test_tools::per_element());
  BOOST_TEST(list({}, 2) == (Ids{last, other, dead, old}), boost::test_tools::per_element());
  BOOST_TEST(list({.state = "dead_letter"}, 1) == (Ids{other, dead}),
             boost::test_tools::per_element());
  BOOST_TEST(list({.endpoint_id = endpoint, .state = "dead_letter"}) == Ids{dead},
             boost::test_tools::per_element());
  BOOST_TEST(list({.endpoint_id = endpoint}) == (Ids{last, dead, old}),
             boost::test_tools::per_element());
  BOOST_TEST(list({.state = "delivered"}) == Ids{old}, boost::test_tools::per_element());
  BOOST_TEST(list({.pattern = "user.*"}) == (Ids{last, other, old}),
             boost::test_tools::per_element());
  BOOST_TEST(list({.since = now - hours(1), .until = now}) == (Ids{other, dead}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_nobody_asked_for_is_passed_over_in_bounded_steps) {
  const std::string wanted = deliver("delivered", "user.created", hours(1));
  superuser.execute(
      "INSERT INTO webhook_deliveries (id, created_at, tenant_id, endpoint_id, event_id,"
      " event_created_at, event_type, state) SELECT 'dlv_' || lpad(i::text, 26, '0'), now(), '" +
      tenant + "', '" + endpoint +
      "', 'evt', now(), 'user.created', 'pending'"
      " FROM generate_series(1, 2500) i");
  const DeliveryPage first = list_deliveries(database, tenant, {.state = "delivered"}, {}, 10);
  BOOST_TEST(first.deliveries.empty());
  BOOST_REQUIRE(first.next.has_value());
  const DeliveryPage second =
      list_deliveries(database, tenant, {.state = "delivered"}, first.next, 10);
  BOOST_REQUIRE(second.deliveries.size() == 1U);
  BOOST_TEST(second.deliveries.front().id == wanted);
  BOOST_TEST(!second.next);
}

BOOST_AUTO_TEST_CASE(delivery_is_shown_with_its_attempts) {
  const std::string id = deliver("dead_letter");
  superuser.execute(
      "INSERT INTO webhook_attempts (delivery_id, number, at, tenant_id, outcome, latency_ms,"
      " status, failure, answer) VALUES ('" +
      id + "', 2, now(), '" + tenant + "', 'interrupted', NULL, NULL, 'ended', NULL), ('" + id +
      "', 1, now(), '" + tenant + "', 'failed', 12, 500, 'status 500', 'sorry')");
  const DeliveryWithAttempts found = show_delivery(database, tenant, id);
  BOOST_TEST(found.delivery.state == "dead_letter");
  BOOST_REQUIRE(found.attempts.size() == 2U);
  BOOST_TEST(found.attempts[0].answer.value() == "sorry");
  BOOST_TEST(found.attempts[0].latency_ms.value() == 12);
  BOOST_TEST(found.attempts[1].outcome == "interrupted");
  BOOST_TEST(!found.attempts[1].status);
  BOOST_TEST(show_delivery(database, tenant, deliver("pending")).attempts.empty());
}

BOOST_AUTO_TEST_CASE(resent_delivery_waits_again_once) {
  for (const char* state : {"delivered", "dead_letter", "cancelled"}) {
    const std::string id = deliver(state);
    BOOST_TEST(failure_of_resending(tenant, id) == "");
    BOOST_TEST(waits(id), state);
    BOOST_TEST(failure_of_resending(tenant, id) == "delivery_pending");
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_sent_is_not_lined_up) {
  const std::string other = make_tenant(), id = deliver("dead_letter");
  BOOST_TEST(failure_of_resending(tenant, make_id("dlv_", now)) == "delivery_not_found");
  BOOST_TEST(failure_of_resending(other, id) == "delivery_not_found");
  BOOST_TEST(failure_of([&] { show_delivery(database, other, id); }) == "delivery_not_found");
  BOOST_TEST(failure_of_resending(tenant, deliver("dead_letter", "user.created", seconds(0),
                                                  "whk_gone")) == "endpoint_gone");
  superuser.execute("DELETE FROM events WHERE tenant_id = '" + tenant + "'");
  BOOST_TEST(failure_of_resending(tenant, id) == "event_gone");
  superuser.execute(
      "UPDATE webhook_endpoints SET status = 'disabled', disabled_reason ="
      " 'requested' WHERE id = '" +
      endpoint + "'");
  BOOST_TEST(failure_of_resending(tenant, id) == "endpoint_disabled");
}

BOOST_AUTO_TEST_CASE(dead_letters_are_redriven_by_filter_in_the_order_of_their_events) {
  const std::string old = deliver("dead_letter", "user.created", hours(2));
  const std::string first = deliver("dead_letter", "user.created", seconds(20));
  const std::string second = deliver("dead_letter", "user.deleted", seconds(10));
  const std::string session = deliver("dead_letter", "session.ended");
  const std::string gone = deliver("dead_letter", "user.created", seconds(0), "whk_gone");
  const std::string fine = deliver("delivered");
  BOOST_TEST(redrive_by({.endpoint_id = endpoint, .pattern = "user.*", .since = now - hours(1)}) ==
             2);
  BOOST_TEST(waits(first));
  BOOST_TEST(waits(second));
  BOOST_TEST(count("FROM event_queue a, event_queue b WHERE a.delivery_id = '" + first +
                   "' AND b.delivery_id = '" + second + "' AND a.sequence < b.sequence") == 1);
  for (const std::string& id : {old, session, gone, fine}) BOOST_TEST(!waits(id));
  BOOST_TEST(redrive_by({}) == 2);
  BOOST_TEST(waits(old));
  BOOST_TEST(waits(session));
  BOOST_TEST(!waits(gone));
  BOOST_TEST(redrive_by({}) == 0);
}

BOOST_AUTO_TEST_CASE(another_tenants_dead_letters_stay_where_they_are) {
  const std::string id = deliver("dead_letter"), other = make_tenant();
  BOOST_TEST(commit(other, [&](db::Transaction& transaction) {
               return redrive(transaction, other, {.endpoint_id = endpoint});
             }) == 0);
  BOOST_TEST(
      list_deliveries(database, other, {.endpoint_id = endpoint}, {}, 10).deliveries.empty());
  BOOST_TEST(!waits(id));
  const db::Statement all{"test_all_deliveries", "SELECT id FROM webhook_deliveries"};
  BOOST_TEST(database.read(db::Scope::tenant(other), all).empty());
  BOOST_TEST(database.read(db::Scope::platform(), all).empty());
}

BOOST_AUTO_TEST_CASE(cursors_of_deliveries_are_a_time_and_an_id) {
  const DeliveryPosition position{.at = now, .id = make_id("dlv_", now)};
  const DeliveryPosition read = parse_delivery_cursor(cursor_text(position));
  BOOST_TEST((read.at == position.at && read.id == position.id));
  const std::string id = make_id("dlv_", now);
  for (const std::string& bad :
       {std::string("1-2"), id, "-" + id, "1" + id, "9000000000000001-" + id,
        "99999999999999999999-" + id, "1-" + id + "x"}) {
    BOOST_TEST(failure_of([&] { parse_delivery_cursor(bad); }) == "cursor_invalid", bad);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace gatehouse::webhooks
