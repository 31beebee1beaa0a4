#include "fcgi/server.h"

#include <stdlib.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>
#include <thread>

#include "client.h"
#include "fcgi/connection.h"

namespace gatehouse::fcgi {
namespace {

using namespace std::chrono_literals;
using test::FastCgiClient;

/// Holds requests back until the test lets them go.
class Gate {
 public:
  void enter() {
    std::unique_lock lock(mutex_);
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void wait_for(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return inside_ >= count; });
  }
  void open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;
  bool open_ = false;
};

class EchoWorker final : public http::Worker {
 public:
  explicit EchoWorker(Gate& gate) : gate_(gate) {}
  http::Lane lane(const http::Request& request) const override {
    return request.path == "/hash" ? http::Lane::hashing : http::Lane::requests;
  }
  http::Response serve(const http::Request& request) override {
    if (request.path == "/wait" || request.path == "/hash") gate_.enter();
    return {200, std::string(request.path) + " " + std::string(request.body), {}};
  }
  http::Response refuse(const http::Request&, const Failure& failure) override {
    return {failure.status(), failure.code(), {}};
  }

 private:
  Gate& gate_;
};

struct Fixture {
  explicit Fixture(ServerOptions options = {}) {
    char name[] = "/tmp/gatehouse-test-XXXXXX";
    folder = mkdtemp(name);
    path = folder + "/socket";
    options.listener = listen_on(path);
    options.threads = 2;
    server =
        std::make_unique<Server>(options, [this] { return std::make_unique<EchoWorker>(gate); });
    server->start();
  }
  ~Fixture() {
    gate.open();
    if (server) server->stop();
    std::filesystem::remove_all(folder);
  }
  std::string folder, path;
  Gate gate;
  std::unique_ptr<Server> server;
};

bool ends_with(const std::string& text, const std::string& end) {
  return text.ends_with(end);
}

}  // namespace

BOOST_AUTO_TEST_CASE(kept_connection_serves_one_request_after_the_other) {
  Fixture fixture;
  FastCgiClient client(fixture.path);
  for (int i = 0; i < 100; ++i) {
    const std::string path = "/" + std::to_string(i);
    BOOST_TEST(ends_with(client.ask(path), path + " "));
  }
}

BOOST_AUTO_TEST_CASE(more_kept_connections_than_threads_are_all_served) {
  Fixture fixture;
  std::vector<std::unique_ptr<FastCgiClient>> clients;
  for (int i = 0; i < 64; ++i) clients.push_back(std::make_unique<FastCgiClient>(fixture.path));
  for (int round = 0; round < 3; ++round) {
    for (auto& client : clients) BOOST_TEST(ends_with(client->ask("/x"), "/x "));
  }
}

BOOST_AUTO_TEST_CASE(body_arrives_whole) {
  Fixture fixture;
  FastCgiClient client(fixture.path);
  const std::string body(60000, 'b');
  client.send({{"REQUEST_METHOD", "POST"}, {"REQUEST_URI", "/body"}}, body);
  BOOST_TEST(ends_with(client.receive(), "/body " + body));
}

BOOST_AUTO_TEST_CASE(body_shorter_than_its_length_is_a_400_and_ends_the_connection) {
  Fixture fixture;
  FastCgiClient client(fixture.path);
  client.send({{"REQUEST_METHOD", "POST"}, {"REQUEST_URI", "/"}, {"CONTENT_LENGTH", "10"}},
              "short");
  BOOST_TEST(client.receive().starts_with("Status: 400 "));
  BOOST_CHECK_THROW(client.ask("/next"), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(too_many_parameters_are_a_400_and_leave_the_connection_to_others) {
  Fixture fixture;
  FastCgiClient client(fixture.path);
  std::map<std::string, std::string> params{{"REQUEST_METHOD", "GET"}, {"REQUEST_URI", "/"}};
  for (std::size_t i = 0; i < max_params; ++i) params["HTTP_X_" + std::to_string(i)] = "x";
  client.send(params, "a body");
  BOOST_TEST(client.receive().starts_with("Status: 400 "));
  BOOST_TEST(ends_with(client.ask("/next"), "/next "));
}

BOOST_AUTO_TEST_CASE(connection_that_is_not_kept_is_closed_after_its_answer) {
  Fixture fixture;
  FastCgiClient client(fixture.path);
  client.send({{"REQUEST_METHOD", "GET"}, {"REQUEST_URI", "/once"}}, {}, false);
  BOOST_TEST(ends_with(client.receive(), "/once "));
  BOOST_CHECK_THROW(client.ask("/twice"), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(stopping_finishes_what_is_under_way_and_what_comes_on_kept_connections) {
  Fixture fixture;
  auto waiting = std::make_unique<FastCgiClient>(fixture.path);
  auto kept = std::make_unique<FastCgiClient>(fixture.path);
  kept->ask("/before");
  waiting->send({{"REQUEST_METHOD", "GET"}, {"REQUEST_URI", "/wait"}});
  fixture.gate.wait_for(1);
  auto stopped = std::async(std::launch::async, [&] { fixture.server->stop(); });
  BOOST_TEST(ends_with(kept->ask("/during"), "/during "));
  fixture.gate.open();
  BOOST_TEST(ends_with(waiting->receive(), "/wait "));
  BOOST_TEST((stopped.wait_for(std::chrono::milliseconds(50)) == std::future_status::timeout));
  waiting.reset();
  kept.reset();
  stopped.get();
  fixture.server.reset();
}

BOOST_AUTO_TEST_CASE(hashing_does_not_hold_up_other_requests) {
  Fixture fixture({.hashing_threads = 1, .hashing_queue = 8});
  std::vector<std::unique_ptr<FastCgiClient>> hashing;
  for (int i = 0; i < 4; ++i) {
    hashing.push_back(std::make_unique<FastCgiClient>(fixture.path));
    hashing.back()->send({{"REQUEST_METHOD", "POST"}, {"REQUEST_URI", "/hash"}});
  }
  fixture.gate.wait_for(1);
  FastCgiClient other(fixture.path);
  BOOST_TEST(ends_with(other.ask("/quick"), "/quick "));
  fixture.gate.open();
  for (auto& client : hashing) BOOST_TEST(ends_with(client->receive(), "/hash "));
}

BOOST_AUTO_TEST_CASE(full_hashing_queue_refuses_at_once) {
  Fixture fixture({.hashing_threads = 1, .hashing_queue = 1});
  FastCgiClient running(fixture.path), queued(fixture.path), refused(fixture.path);
  running.send({{"REQUEST_METHOD", "POST"}, {"REQUEST_URI", "/hash"}});
  fixture.gate.wait_for(1);
  queued.send({{"REQUEST_METHOD", "POST"}, {"REQUEST_URI", "/hash"}});
  // Which of the two finds room depends on which is read first; exactly one does.
  refused.send({{"REQUEST_METHOD", "POST"}, {"REQUEST_URI", "/hash"}});
  auto first = std::async(std::launch::async, [&] { return queued.receive(); });
  auto second = std::async(std::launch::async, [&] { return refused.receive(); });
  while (first.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready &&
         second.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
  }
  fixture.gate.open();
  const int refusals =
      int(first.get().starts_with("Status: 503 ")) + int(second.get().starts_with("Status: 503 "));
  BOOST_TEST(refusals == 1);
  BOOST_TEST(ends_with(running.receive(), "/hash "));
}

BOOST_AUTO_TEST_CASE(requests_that_have_waited_are_refused_once_the_queue_stands) {
  Fixture fixture;
  FastCgiClient client(fixture.path);
  const auto ask = [&](std::chrono::system_clock::time_point passed_on) {
    const std::string ms = std::to_string(passed_on.time_since_epoch() / 1ms);
    client.send({{"REQUEST_METHOD", "GET"},
                 {"REQUEST_URI", "/x"},
                 {"GATEHOUSE_PASSED_ON", ms.substr(0, 10) + "." + ms.substr(10)}});
    return client.receive();
  };
  const auto ago = [](auto span) { return std::chrono::system_clock::now() - span; };
  BOOST_TEST(ends_with(ask(ago(900ms)), "/x "));
  while (!ask(ago(900ms)).starts_with("Status: 503 ")) {
  }
  BOOST_TEST(ends_with(client.ask("/x"), "/x "), "who does not say is served");
  BOOST_TEST(ends_with(ask(ago(-10s)), "/x "), "a clock that is ahead");
  BOOST_TEST(ends_with(ask(ago(1h)), "/x "), "another clock");
}

BOOST_AUTO_TEST_CASE(listening_where_somebody_listens_is_refused) {
  Fixture fixture;
  BOOST_CHECK_THROW(listen_on(fixture.path), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(socket_is_for_owner_and_group_only) {
  Fixture fixture;
  using std::filesystem::perms;
  const auto mode = std::filesystem::status(fixture.path).permissions();
  BOOST_TEST(((mode & perms::others_all) == perms::none));
}

}  // namespace gatehouse::fcgi
