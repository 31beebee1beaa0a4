#include "egress/engine.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "unit/egress/server.h"
#include "unit/egress/settings.h"

using namespace gatehouse;             // NOLINT
using namespace gatehouse::egress;     // NOLINT
using namespace gatehouse::test;       // NOLINT
using namespace std::chrono_literals;  // NOLINT

namespace {

constexpr auto patience = 60s;

struct World {
  explicit World(EngineLimits limits = {}, const Settings& settings = local_settings())
      : guard(settings), engine(guard, limits) {}

  Engine::Id submit(const std::string& url, Limits limits = {}) {
    return engine.submit({.method = Method::post, .url = url, .body = "{}", .limits = limits},
                         [this](Outcome outcome) { outcomes.push_back(std::move(outcome)); });
  }

  /// Until that many calls are done in all.
  void run(std::size_t count) {
    const Deadline deadline = Deadline::in(patience);
    while (outcomes.size() < count && !deadline.passed()) engine.run_until(deadline);
    BOOST_TEST_REQUIRE(outcomes.size() == count);
  }

  Guard guard;
  std::vector<Outcome> outcomes;
  Engine engine;
};

void serve_all(Peer& peer) {
  while (!peer.request().empty() && peer.send(answer("yes"))) {
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(calls_to_one_origin_share_few_kept_connections) {
  const Server server(serve_all);
  World world({.calls_per_origin = 4});
  for (int i = 0; i < 100; ++i) world.submit(server.url());
  BOOST_TEST(world.engine.waiting() == 100U);
  world.run(100);
  std::size_t reused = 0;
  for (const Outcome& outcome : world.outcomes) {
    BOOST_TEST(outcome.succeeded());
    BOOST_TEST(outcome.body == "yes");
    reused += outcome.reused;
  }
  BOOST_TEST(server.connections() <= 4);
  BOOST_TEST(reused == 100U - static_cast<std::size_t>(server.connections()));
  BOOST_TEST(world.engine.waiting() == 0U);
  BOOST_TEST(world.engine.under_way() == 0U);
}

BOOST_AUTO_TEST_CASE(origin_that_never_answers_holds_up_no_other) {
  const Server silent([](Peer& peer) { peer.wait_for_close(); });
  const Server server(serve_all);
  World world({.calls = 5, .calls_per_origin = 3});
  for (int i = 0; i < 50; ++i) world.submit(silent.url(), {.total = 10min});
  for (int i = 0; i < 50; ++i) world.submit(server.url());
  world.run(50);
  for (const Outcome& outcome : world.outcomes) BOOST_TEST(outcome.succeeded());
  BOOST_TEST(world.engine.under_way() == 3U);
  BOOST_TEST(world.engine.waiting() == 47U);
}

BOOST_AUTO_TEST_CASE(origins_take_turns) {
  const Server first(serve_all);
  const Server second(serve_all);
  World world({.calls = 1});
  std::string order;
  const auto submit = [&](const Server& server, char name) {
    world.engine.submit({.url = server.url()}, [&, name](Outcome outcome) {
      order += name;
      world.outcomes.push_back(std::move(outcome));
    });
  };
  for (int i = 0; i < 3; ++i) submit(first, 'a');
  for (int i = 0; i < 3; ++i) submit(second, 'b');
  world.run(6);
  BOOST_TEST(order == "ababab");
}

BOOST_AUTO_TEST_CASE(time_limit_begins_with_the_call_not_with_its_waiting) {
  const Server server([](Peer& peer) {
    while (!peer.request().empty()) {
      std::this_thread::sleep_for(450ms);
      peer.send(answer("late"));
    }
  });
  World world({.calls_per_origin = 1});
  for (int i = 0; i < 5; ++i) world.submit(server.url(), {.total = 2s});
  world.run(5);
  for (const Outcome& outcome : world.outcomes) BOOST_TEST(outcome.succeeded(), outcome.text);
}

BOOST_AUTO_TEST_CASE(cancelled_call_is_done_once_as_cancelled) {
  const Server server([](Peer& peer) { peer.wait_for_close(); });
  World world({.calls_per_origin = 1});
  const auto begun = world.submit(server.url(), {.total = 10min});
  const auto waiting = world.submit(server.url(), {.total = 10min});
  while (server.connections() == 0) world.engine.run_until(Deadline::in(10ms));
  BOOST_TEST(world.engine.under_way() == 1U);
  BOOST_TEST(world.engine.cancel(waiting));
  BOOST_TEST(world.engine.cancel(begun));
  BOOST_TEST(!world.engine.cancel(begun));
  BOOST_TEST(!world.engine.cancel(4711));
  BOOST_TEST(world.outcomes.empty());
  world.run(2);
  for (const Outcome& outcome : world.outcomes) {
    BOOST_TEST((outcome.failure == FailureKind::cancelled));
  }
  BOOST_TEST(world.engine.run_until(Deadline::in(0ms)) == 0U);
}

BOOST_AUTO_TEST_CASE(another_thread_wakes_the_engine) {
  World world;
  std::thread other([&] { world.engine.wake(); });
  BOOST_TEST(world.engine.run_until(Deadline::in(10min)) == 0U);
  other.join();
  BOOST_TEST(world.engine.run_until(Deadline::in(1ms)) == 0U);
}

BOOST_AUTO_TEST_CASE(done_may_submit_and_throw) {
  const Server server(serve_all);
  World world;
  int chain = 0;
  std::function<void(Outcome)> next = [&](const Outcome&) {
    if (++chain < 5) world.engine.submit({.url = server.url()}, next);
    if (chain == 2) throw std::runtime_error("from a Done");
  };
  world.engine.submit({.url = server.url()}, next);
  world.submit("no URL");
  int thrown = 0;
  const Deadline deadline = Deadline::in(patience);
  while (chain < 5 && !deadline.passed()) {
    try {
      world.engine.run_until(deadline);
    } catch (const std::runtime_error&) {
      ++thrown;
    }
  }
  BOOST_TEST(chain == 5);
  BOOST_TEST(thrown == 1);
  BOOST_TEST(world.outcomes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(refusals_are_outcomes_too) {
  const Server server(serve_all);
  Settings settings = local_settings();
  settings.egress_allow_cidrs = "";
  World world({}, settings);
  world.submit(server.url("localhost"));
  world.submit(server.url("127.0.0.1"));
  world.submit("ftp://example.com");
  BOOST_TEST(world.outcomes.empty());
  world.run(3);
  std::size_t address = 0, url = 0;
  for (const Outcome& outcome : world.outcomes) {
    address += outcome.failure == FailureKind::address;
    url += outcome.failure == FailureKind::url;
  }
  BOOST_TEST(address == 1U);
  BOOST_TEST(url == 2U);
  BOOST_TEST(server.connections() == 0);
  BOOST_CHECK_THROW(
      world.engine.submit({.url = server.url("localhost"), .headers = {{"a b", ""}}}, {}),
      std::invalid_argument);
  BOOST_TEST(world.engine.waiting() == 0U);
}

BOOST_AUTO_TEST_CASE(connection_that_the_receiver_closed_is_replaced) {
  const Server server([](Peer& peer) {
    peer.request();
    peer.send(answer("once"));
  });
  World world;
  for (std::size_t i = 1; i <= 3; ++i) {
    world.submit(server.url());
    world.run(i);
  }
  for (const Outcome& outcome : world.outcomes) {
    BOOST_TEST(outcome.succeeded(), outcome.text);
    BOOST_TEST(!outcome.reused);
  }
  BOOST_TEST(server.connections() == 3);
}

BOOST_AUTO_TEST_CASE(connection_with_an_unread_rest_is_not_used_again) {
  const Server server([](Peer& peer) {
    while (!peer.request().empty() && peer.send(answer(std::string(100'000, 'x')))) {
    }
  });
  World world;
  for (std::size_t i = 1; i <= 2; ++i) {
    world.engine.submit({.url = server.url(), .limits = {.body_bytes = 10}, .cut_long_body = true},
                        [&](Outcome outcome) { world.outcomes.push_back(std::move(outcome)); });
    world.run(i);
  }
  for (const Outcome& outcome : world.outcomes) {
    BOOST_TEST(outcome.body_cut);
    BOOST_TEST(outcome.body == "xxxxxxxxxx");
    BOOST_TEST(!outcome.reused);
  }
}

BOOST_AUTO_TEST_CASE(engine_that_goes_leaves_its_calls_without_a_word) {
  std::atomic<int> closed = 0;
  const Server server([&](Peer& peer) {
    peer.wait_for_close();
    ++closed;
  });
  int done = 0;
  {
    World world({.calls_per_origin = 2});
    for (int i = 0; i < 5; ++i) {
      world.engine.submit({.url = server.url()}, [&](const Outcome&) { ++done; });
    }
    while (server.connections() < 2) world.engine.run_until(Deadline::in(10ms));
  }
  const Deadline deadline = Deadline::in(patience);
  while (closed < 2 && !deadline.passed()) std::this_thread::sleep_for(1ms);
  BOOST_TEST(closed == 2);
  BOOST_TEST(done == 0);
}

BOOST_AUTO_TEST_CASE(every_call_to_unreliable_receivers_is_done_once) {
  std::atomic<unsigned> turn = 0;
  const Server server([&](Peer& peer) {
    while (!peer.request().empty()) {
      switch (turn++ % 6) {
        case 0:
          return;
        case 1:
          peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
          return;
        case 2:
          peer.send("nonsense\r\n\r\n");
          return;
        case 3:
          peer.send("HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
          return;
        default:
          peer.send(answer("yes"));
      }
    }
  });
  World world({.calls = 20, .calls_per_origin = 7});
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  std::vector<int> done(400);
  std::size_t total = 0;
  for (std::size_t i = 0; i < done.size(); ++i) {
    const std::string host = i % 2 == 0 ? "127.0.0.1" : "localhost";
    const auto id = world.engine.submit({.url = server.url(host)}, [&, i](const Outcome&) {
      ++done[i];
      ++total;
    });
    if (random() % 4 == 0) world.engine.run_until(Deadline::in(1ms));
    if (random() % 8 == 0) world.engine.cancel(id - random() % 3);
  }
  const Deadline deadline = Deadline::in(patience);
  while (total < done.size() && !deadline.passed()) world.engine.run_until(deadline);
  for (const int count : done) BOOST_TEST(count == 1);
  BOOST_TEST(world.engine.under_way() == 0U);
}
