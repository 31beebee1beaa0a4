#include "webhooks/event.h"

#include "fixture.h"
#include "webhooks/event_type.h"

namespace gatehouse::webhooks {
namespace {

struct Events : Fixture {
  EventType describe(std::string name, std::string_view of) {
    return commit(of, [&](db::Transaction& transaction) {
      return put_event_type(
          transaction, of,
          {.name = std::move(name), .description = "x", .schema = {}, .example = {}}, now);
    });
  }
  std::string publish_as(std::string_view of, const Publication& wanted) {
    return commit(of, [&](db::Transaction& transaction) {
      return publish(transaction, key_of(of), of, wanted, "trace", now);
    });
  }
  FeedPage feed(Position after = {}, int limit = 100, std::optional<std::string> pattern = {}) {
    return read_feed(
        database,
        {.tenant_id = tenant, .pattern = std::move(pattern), .after = after, .limit = limit});
  }
};

BOOST_FIXTURE_TEST_SUITE(events_of_a_tenant, Events)

BOOST_AUTO_TEST_CASE(event_is_published_as_it_was_given) {
  describe("order.created", tenant);
  const std::string id = publish_as(
      tenant, {.type = "order.created", .data = R"({"b": 1,  "a":2.50})", .ordering_key = "7"});
  const FeedPage page = feed();
  BOOST_REQUIRE(page.events.size() == 1U);
  const Event& event = page.events.front();
  BOOST_TEST(event.id == id);
  BOOST_TEST(event.data == R"({"b": 1,  "a":2.50})");
  BOOST_TEST(event.ordering_key.value() == "7");
  BOOST_TEST(event.source.value() == "tky_test");
  BOOST_TEST((event.at == now));
  BOOST_TEST(!page.more);
  BOOST_TEST(count("FROM event_queue WHERE event_id = '" + id + "'") == 1);
}

BOOST_AUTO_TEST_CASE(only_an_active_tenant_and_types_of_its_own) {
  const std::string other = make_tenant();
  describe("order.created", tenant);
  const auto refused = [&](std::string_view of, std::string type) {
    return failure_of(
        [&] { publish_as(of, {.type = std::move(type), .data = "{}", .ordering_key = {}}); });
  };
  BOOST_TEST(refused(other, "order.created") == "event_type_unknown");
  BOOST_TEST(refused(tenant, "user.created") == "event_type_unknown");
  BOOST_TEST(refused("tnt_nobody", "order.created") == "tenant_not_found");
  superuser.execute("UPDATE tenants SET status = 'disabled' WHERE id = '" + tenant + "'");
  BOOST_TEST(refused(tenant, "order.created") == "tenant_not_found");
}

BOOST_AUTO_TEST_CASE(feed_goes_on_where_it_stopped) {
  describe("order.created", tenant);
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    ids.push_back(publish_as(tenant, {.type = "order.created", .data = "{}", .ordering_key = {}}));
  }
  const FeedPage first = feed({}, 3);
  BOOST_TEST(first.events.size() == 3U);
  BOOST_TEST(first.more);
  const FeedPage rest = feed(first.last, 3);
  BOOST_REQUIRE(rest.events.size() == 2U);
  BOOST_TEST(rest.events.back().id == ids.back());
  BOOST_TEST(!rest.more);
  const FeedPage nothing = feed(rest.last, 3);
  BOOST_TEST(nothing.events.empty());
  BOOST_TEST(cursor_text(nothing.last) == cursor_text(rest.last));
}

BOOST_AUTO_TEST_CASE(what_nobody_wants_is_passed_over_in_bounded_steps) {
  superuser.execute(
      "INSERT INTO events (id, created_at, tenant_id, type, data) SELECT 'evt_' || i, now(), '" +
      tenant +
      "', CASE WHEN i = 2500 THEN 'order.created' ELSE 'noise.made' END, '{}'"
      " FROM generate_series(1, 2501) i");
  FeedPage page = feed({}, 10, "order.*");
  BOOST_TEST(page.events.empty());
  BOOST_TEST(page.more);
  page = feed(page.last, 10, "order.*");
  BOOST_TEST(page.events.size() == 1U);
  BOOST_TEST(!page.more);
  BOOST_TEST(feed(page.last).events.empty());
}

BOOST_AUTO_TEST_CASE(cursors_are_pairs_of_numbers) {
  const Position position{.transaction = 18446744073709551615U, .sequence = 9223372036854775807};
  BOOST_TEST(cursor_text(parse_cursor(cursor_text(position))) == cursor_text(position));
  BOOST_TEST(feed(position).events.empty());
  for (const char* bad : {"", "-", "1", "1-", "-1", "1-2x", "1 -2", "1--2", "+1-2", "0x1-2",
                          "18446744073709551616-1", "1-9223372036854775808"}) {
    BOOST_TEST(failure_of([&] { parse_cursor(bad); }) == "cursor_invalid", bad);
  }
}

BOOST_AUTO_TEST_CASE(tenant_has_a_bounded_number_of_types_beside_the_platforms) {
  BOOST_TEST(failure_of([&] { describe("user.promoted", tenant); }) == "event_type_reserved");
  superuser.execute(
      "INSERT INTO event_types (tenant_id, name, description, created_at, updated_at)"
      " SELECT '" +
      tenant +
      "', 'own.type_' || i, 'x', now(), now()"
      " FROM generate_series(1, " +
      std::to_string(most_event_types) + ") i");
  BOOST_TEST(failure_of([&] { describe("own.another", tenant); }) == "too_many_event_types");
  BOOST_TEST(describe("own.type_1", tenant).own);
  const std::string other = make_tenant();
  describe("own.type_1", other);
  const auto listed = list_event_types(database, other, "own", 1000);
  BOOST_TEST(std::ranges::count_if(listed, &EventType::own) == 1);
  BOOST_TEST(failure_of([&] { show_event_type(database, other, "own.type_2"); }) ==
             "event_type_not_found");
}

BOOST_AUTO_TEST_CASE(function_sees_the_events_of_the_tenant_that_asks) {
  describe("order.created", tenant);
  publish_as(tenant, {.type = "order.created", .data = "{}", .ordering_key = {}});
  const db::Statement all{"test_all_events", "SELECT id FROM events WHERE tenant_id IS NOT NULL"};
  BOOST_TEST(database.read(db::Scope::tenant(tenant), all).rows() == 1);
  BOOST_TEST(database.read(db::Scope::tenant(make_tenant()), all).empty());
  BOOST_TEST(database.read(db::Scope::none(), all).empty());
  BOOST_CHECK_THROW(database.execute("DELETE FROM events"), db::StatementError);
  BOOST_CHECK_THROW(database.execute("SELECT * FROM event_queue"), db::StatementError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace gatehouse::webhooks
