#include <boost/test/unit_test.hpp>
#include <string>

#include "egress/client.h"
#include "egress/engine.h"
#include "unit/egress/fake_dns.h"
#include "unit/egress/server.h"
#include "unit/egress/settings.h"

using namespace gatehouse;             // NOLINT
using namespace gatehouse::egress;     // NOLINT
using namespace gatehouse::test;       // NOLINT
using namespace std::chrono_literals;  // NOLINT

namespace {

constexpr auto patience = 60s;

Settings only_127_0_0_1() {
  Settings settings = local_settings();
  settings.egress_allow_cidrs = "127.0.0.1";
  return settings;
}

Outcome get(const std::string& url, const Settings& settings = only_127_0_0_1()) {
  const Guard guard(settings);
  return Client(guard).call({.url = url});
}

void serve_all(Peer& peer) {
  while (!peer.request().empty() && peer.send(answer("yes"))) {
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(name_that_dns_leads_inside_is_not_reached) {
  const Server server(serve_all);
  for (const char* const address :
       {"127.0.0.1", "127.0.0.2", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1",
        "64:ff9b::7f00:1", "fd00:ec2::254", "fe80::1", "0.0.0.0", "::", "192.0.2.1"}) {
    const FakeDns dns("hooks.example.com", {{address}});
    Settings settings = local_settings();
    settings.egress_allow_cidrs = "";
    const Outcome outcome = get(server.url("hooks.example.com"), settings);
    BOOST_TEST((outcome.failure == FailureKind::address), address);
    BOOST_TEST(dns.lookups() > 0, address);
  }
  BOOST_TEST(server.connections() == 0);
}

BOOST_AUTO_TEST_CASE(among_several_addresses_only_those_admitted_are_tried) {
  const Server server(serve_all);
  const FakeDns dns("hooks.example.com", {{"127.0.0.2", "::1", "127.0.0.1", "10.0.0.1"}});
  BOOST_TEST(get(server.url("hooks.example.com")).body == "yes");
  const FakeDns none("none.example.com", {{"127.0.0.2", "::1", "10.0.0.1"}});
  BOOST_TEST((get(server.url("none.example.com")).failure == FailureKind::address));
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(second_answer_of_dns_is_judged_like_the_first) {
  const Server server([](Peer& peer) {
    peer.request();
    peer.send(answer("yes"));
  });
  const FakeDns dns("rebind.example.com", {{"127.0.0.1"}, {"127.0.0.2"}});
  BOOST_TEST(get(server.url("rebind.example.com")).body == "yes");
  BOOST_TEST((get(server.url("rebind.example.com")).failure == FailureKind::address));
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(dns_that_does_not_answer_holds_up_nobody) {
  const Server server(serve_all);
  FakeDns slow("slow.example.com", {{"127.0.0.1"}});
  slow.hold();
  const Guard guard(only_127_0_0_1());
  const Outcome outcome =
      Client(guard).call({.url = server.url("slow.example.com"), .limits = {.total = 100ms}});
  BOOST_TEST((outcome.failure == FailureKind::time_out));

  Engine engine(guard);
  int slow_done = 0, done = 0;
  engine.submit({.url = server.url("slow.example.com"), .limits = {.total = 100ms}},
                [&](const Outcome& late) { slow_done += late.failure == FailureKind::time_out; });
  const auto cancelled = engine.submit({.url = server.url("slow.example.com")}, {});
  const Deadline deadline = Deadline::in(patience);
  while (slow.lookups() < 3 && !deadline.passed()) engine.run_until(Deadline::in(1ms));
  BOOST_TEST(engine.cancel(cancelled));
  engine.submit({.url = server.url()}, [&](const Outcome& other) { done += other.succeeded(); });
  while (slow_done + done < 2 && !deadline.passed()) engine.run_until(deadline);
  BOOST_TEST(slow_done == 1);
  BOOST_TEST(done == 1);
  BOOST_TEST(server.connections() == 1);
}
