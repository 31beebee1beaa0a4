#include "egress/client.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <ostream>
#include <string>

#include "unit/egress/server.h"
#include "unit/egress/settings.h"

using namespace gatehouse;             // NOLINT
using namespace gatehouse::egress;     // NOLINT
using namespace gatehouse::test;       // NOLINT
using namespace std::chrono_literals;  // NOLINT

namespace gatehouse::egress {
std::ostream& operator<<(std::ostream& out, FailureKind kind) {
  return out << static_cast<int>(kind) << " (" << text_of(kind) << ")";
}
}  // namespace gatehouse::egress

namespace {

Outcome call(Request request, const Settings& settings = local_settings()) {
  const Guard guard(settings);
  return Client(guard).call(std::move(request));
}

Outcome get(const std::string& url, const Settings& settings = local_settings()) {
  return call({.url = url}, settings);
}

/// What becomes of a call whose whole answer is `bytes`, after which the server closes.
Outcome answered(const std::string& bytes, Limits limits = {}, bool cut = false) {
  const Server server([&](Peer& peer) {
    peer.request();
    peer.send(bytes);
  });
  return call({.url = server.url(), .limits = limits, .cut_long_body = cut});
}

/// The call has to fail so, and its text has to be the one for that.
void fails(const Outcome& outcome, FailureKind kind) {
  BOOST_TEST_REQUIRE(outcome.failure.has_value());
  BOOST_TEST(*outcome.failure == kind);
  BOOST_TEST(!outcome.text.empty());
  BOOST_TEST(!outcome.succeeded());
}

}  // namespace

BOOST_AUTO_TEST_CASE(answer_arrives_with_status_headers_and_body) {
  const Outcome outcome =
      answered(answer("{\"keys\":[]}", "Cache-Control: max-age=60\r\nETag:  \"x\" \r\n"));
  BOOST_TEST(outcome.succeeded());
  BOOST_TEST(outcome.status == 200);
  BOOST_TEST(outcome.body == "{\"keys\":[]}");
  BOOST_TEST(outcome.header("cache-control") == "max-age=60");
  BOOST_TEST(outcome.header("etag") == "\"x\"");
  BOOST_TEST(outcome.header("age") == "");
  BOOST_TEST(!outcome.reused);
  BOOST_TEST(outcome.latency.count() > 0);
}

BOOST_AUTO_TEST_CASE(request_holds_what_was_given_and_little_else) {
  std::string seen;
  const Server server([&](Peer& peer) {
    seen = peer.request();
    peer.send(answer(""));
  });
  const Outcome outcome = call({.method = Method::post,
                                .url = server.url() + "hook?a=%20b",
                                .headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}},
                                .body = std::string("{\"a\":\0}", 7)});
  BOOST_TEST(outcome.succeeded());
  BOOST_TEST(seen ==
             "POST /hook?a=%20b HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                 "\r\nUser-Agent: Gatehouse/" GATEHOUSE_VERSION
                 "\r\nAccept: */*\r\nContent-Type: application/json\r\nX-Empty:\r\n"
                 "Content-Length: 7\r\n\r\n" +
                 std::string("{\"a\":\0}", 7));
}

BOOST_AUTO_TEST_CASE(large_body_is_sent_without_asking_first) {
  std::string seen;
  const Server server([&](Peer& peer) {
    seen = peer.request();
    peer.send(answer(""));
  });
  const std::string body(2'000'000, 'x');
  BOOST_TEST(call({.method = Method::post, .url = server.url(), .body = body}).succeeded());
  BOOST_TEST(seen.find("Expect:") == seen.npos);
  BOOST_TEST(seen.ends_with(body));
}

BOOST_AUTO_TEST_CASE(header_cannot_smuggle_another) {
  for (const auto& [name, value] :
       std::initializer_list<std::pair<std::string, std::string>>{{"X-A", "b\r\nX-C: d"},
                                                                  {"X-A", "b\n"},
                                                                  {"X-A", std::string("b\0", 2)},
                                                                  {"X A", "b"},
                                                                  {"X-A:", "b"},
                                                                  {"", "b"},
                                                                  {"X-A\r\nX-B", "c"}}) {
    BOOST_CHECK_THROW(call({.url = "http://127.0.0.1:1/", .headers = {{name, value}}}),
                      std::invalid_argument);
  }
}

BOOST_AUTO_TEST_CASE(no_spelling_of_loopback_is_reached) {
  Settings settings = local_settings();
  settings.egress_allow_cidrs = "";
  const Server server([](Peer& peer) {
    peer.request();
    peer.send(answer("inside"));
  });
  // The names resolve to loopback, the others are refused with the URL.
  for (const char* const name : {"localhost", "LOCALHOST", "any.localhost"}) {
    BOOST_TEST_CONTEXT(name) {
      fails(get(server.url(name), settings), FailureKind::address);
    }
  }
  // Some resolvers do not know this spelling.
  BOOST_TEST(get(server.url("localhost."), settings).text == text_of(FailureKind::address));
  for (const char* const name : {"127.0.0.1", "127.1", "0x7f000001", "017700000001", "2130706433",
                                 "0", "[::1]", "[::ffff:127.0.0.1]"}) {
    fails(get(server.url(name), settings), FailureKind::url);
  }
  BOOST_TEST(server.connections() == 0);
}

BOOST_AUTO_TEST_CASE(allowed_network_is_reached_by_name_and_address_but_not_as_mapped_ipv6) {
  const Server server([](Peer& peer) {
    peer.request();
    peer.send(answer("inside"));
  });
  for (const char* const name : {"localhost", "127.0.0.1", "2130706433", "127.1"}) {
    BOOST_TEST(get(server.url(name)).body == "inside", name);
  }
  fails(get(server.url("[::ffff:127.0.0.1]")), FailureKind::url);
  BOOST_TEST(server.connections() == 4);
}

BOOST_AUTO_TEST_CASE(own_socket_is_not_reached_by_another_name) {
  const Server server([](Peer& peer) { peer.request(); });
  Settings settings = local_settings();
  settings.issuer = "http://id.example.com:" + std::to_string(server.port());
  fails(get(server.url("localhost"), settings), FailureKind::address);
  fails(get(server.url("127.0.0.1"), settings), FailureKind::url);
  BOOST_TEST(server.connections() == 0);
}

BOOST_AUTO_TEST_CASE(proxy_of_the_environment_is_not_used) {
  const Server proxy([](Peer& peer) {
    peer.request();
    peer.send(answer("by proxy"));
  });
  const Server server([](Peer& peer) {
    peer.request();
    peer.send(answer("direct"));
  });
  for (const char* const name : {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"}) {
    setenv(name, proxy.url().c_str(), 1);
  }
  const Outcome outcome = get(server.url());
  for (const char* const name : {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"}) {
    unsetenv(name);
  }
  BOOST_TEST(outcome.body == "direct");
  BOOST_TEST(proxy.connections() == 0);
}

BOOST_AUTO_TEST_CASE(redirect_is_a_failure_and_not_followed) {
  std::atomic<int> requests = 0;
  const Server server([&](Peer& peer) {
    while (!peer.request().empty()) {
      ++requests;
      peer.send("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
    }
  });
  const Outcome outcome = get(server.url());
  fails(outcome, FailureKind::redirect);
  BOOST_TEST(outcome.status == 302);
  BOOST_TEST(outcome.header("location") == "/elsewhere");
  BOOST_TEST(requests == 1);
}

BOOST_AUTO_TEST_CASE(not_modified_is_an_answer) {
  const Outcome outcome = answered("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n");
  BOOST_TEST(!outcome.failure);
  BOOST_TEST(outcome.status == 304);
  BOOST_TEST(outcome.header("etag") == "\"x\"");
}

BOOST_AUTO_TEST_CASE(error_status_is_an_answer) {
  const Outcome outcome = answered(
      "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbusy");
  BOOST_TEST(!outcome.failure);
  BOOST_TEST(!outcome.succeeded());
  BOOST_TEST(outcome.status == 503);
  BOOST_TEST(outcome.header("retry-after") == "7");
  BOOST_TEST(outcome.body == "busy");
}

BOOST_AUTO_TEST_CASE(http_1_0_and_an_answer_without_a_length_are_understood) {
  BOOST_TEST(answered("HTTP/1.0 200 OK\r\n\r\nold").body == "old");
  BOOST_TEST(answered("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "3\r\nnew\r\n0\r\n\r\n")
                 .body == "new");
  const Outcome outcome = answered(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nnew\r\n0\r\nDigest: x\r\n\r\n");
  BOOST_TEST(outcome.succeeded());
  BOOST_TEST(outcome.body == "new");
}

BOOST_AUTO_TEST_CASE(headers_of_an_interim_answer_do_not_count) {
  const Outcome outcome = answered("HTTP/1.1 103 Early Hints\r\nETag: early\r\n\r\n" +
                                   answer("late", "ETag: late\r\n"));
  BOOST_TEST(outcome.status == 200);
  BOOST_TEST(outcome.header("etag") == "late");
}

BOOST_AUTO_TEST_CASE(what_is_no_http_or_ends_early_is_broken) {
  for (const std::string bytes :
       {"", "hello\r\n", "HTTP/0.9 200\r\n\r\n", "<html></html>", "HTTP/1.1 200 OK\r\nContent-",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "\x16\x03\x01\x02"}) {
    BOOST_TEST_CONTEXT(bytes) {
      fails(answered(bytes), FailureKind::broken);
    }
  }
}

BOOST_AUTO_TEST_CASE(nobody_listening_is_a_failure_to_connect) {
  std::string url;
  {
    const Server server([](Peer&) {});
    url = server.url();
  }
  fails(get(url), FailureKind::connect);
}

BOOST_AUTO_TEST_CASE(name_that_does_not_resolve_reads_like_one_that_may_not_be_called) {
  const Outcome outcome = get("http://does-not-exist.invalid:8080/");
  fails(outcome, FailureKind::dns);
  BOOST_TEST(outcome.text == text_of(FailureKind::address));
}

BOOST_AUTO_TEST_CASE(silent_server_is_left_after_the_time_out) {
  const Server server([](Peer& peer) { peer.wait_for_close(); });
  Limits limits;
  limits.total = 200ms;
  const Outcome outcome = call({.url = server.url(), .limits = limits});
  fails(outcome, FailureKind::time_out);
  BOOST_TEST(outcome.status == 0);
}

BOOST_AUTO_TEST_CASE(no_time_is_not_unlimited_time) {
  const Server server([](Peer& peer) { peer.wait_for_close(); });
  fails(call({.url = server.url(), .limits = {.total = 0ms}}), FailureKind::time_out);
}

BOOST_AUTO_TEST_CASE(server_that_drips_is_left_long_before_the_time_out) {
  const Server server([](Peer& peer) {
    peer.request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (peer.send("x")) std::this_thread::sleep_for(20ms);
  });
  Limits limits;
  limits.total = 10min;
  limits.slow_after = 500ms;
  limits.bytes_per_second = 100'000;
  fails(call({.url = server.url(), .limits = limits}), FailureKind::time_out);
}

BOOST_AUTO_TEST_CASE(server_that_stalls_after_its_first_bytes_is_left_long_before_the_time_out) {
  const Server server([](Peer& peer) {
    peer.request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    peer.wait_for_close();
  });
  Limits limits;
  limits.total = 10min;
  limits.slow_after = 100ms;
  limits.bytes_per_second = 100'000;
  fails(call({.url = server.url(), .limits = limits}), FailureKind::time_out);
}

BOOST_AUTO_TEST_CASE(endless_body_is_not_read_to_its_end) {
  Limits limits;
  limits.body_bytes = 1000;
  limits.total = 10min;
  const Server server([](Peer& peer) {
    peer.request();
    peer.send("HTTP/1.1 200 OK\r\nRetry-After: 1\r\n\r\n");
    while (peer.send(std::string(4096, 'x'))) {
    }
  });
  fails(call({.url = server.url(), .limits = limits}), FailureKind::too_large);
  const Outcome cut = call({.url = server.url(), .limits = limits, .cut_long_body = true});
  BOOST_TEST(cut.succeeded());
  BOOST_TEST(cut.body_cut);
  BOOST_TEST(cut.body == std::string(1000, 'x'));
}

BOOST_AUTO_TEST_CASE(body_of_exactly_the_limit_is_whole) {
  Limits limits;
  limits.body_bytes = 5;
  const Outcome outcome = answered(answer("12345"), limits);
  BOOST_TEST(outcome.succeeded());
  BOOST_TEST(!outcome.body_cut);
  BOOST_TEST(outcome.body == "12345");
  fails(answered(answer("123456"), limits), FailureKind::too_large);
}

BOOST_AUTO_TEST_CASE(compressed_body_stays_as_it_was_sent) {
  std::string bomb;  // 200 MB of zeros
  {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(
        popen("head -c 200000000 /dev/zero | gzip -c", "r"), &pclose);  // NOLINT
    std::array<char, 65536> buffer{};
    while (const std::size_t count = fread(buffer.data(), 1, buffer.size(), pipe.get())) {
      bomb.append(buffer.data(), count);
    }
  }
  BOOST_TEST_REQUIRE(bomb.size() > 100'000U);
  Limits limits;
  limits.body_bytes = bomb.size();
  for (const char* const header : {"Content-Encoding", "Transfer-Encoding"}) {
    const Outcome outcome =
        answered("HTTP/1.1 200 OK\r\n" + std::string(header) + ": gzip\r\n\r\n" + bomb, limits);
    BOOST_TEST(outcome.succeeded(), header);
    BOOST_TEST((outcome.body == bomb), header);
  }
}

BOOST_AUTO_TEST_CASE(flood_of_headers_is_too_large) {
  const auto flood = [](std::string_view first, std::string_view piece) {
    const Server server([&](Peer& peer) {
      peer.request();
      peer.send(first);
      while (peer.send(piece)) {
      }
    });
    Limits limits;
    limits.total = 10min;
    return call({.url = server.url(), .limits = limits});
  };
  fails(flood("HTTP/1.1 200 OK\r\n", "X-More: and more\r\n"), FailureKind::too_large);
  fails(flood("HTTP/1.1 200 OK\r\n", std::string(4096, 'x')), FailureKind::too_large);
  fails(flood("", "HTTP/1.1 100 Continue\r\n\r\n"), FailureKind::too_large);
}

BOOST_AUTO_TEST_CASE(trailers_count_as_headers) {
  const Server server([](Peer& peer) {
    peer.request();
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n");
    while (peer.send("X-More: and more\r\n")) {
    }
  });
  Limits limits;
  limits.total = 10min;
  fails(call({.url = server.url(), .limits = limits}), FailureKind::too_large);
}

BOOST_AUTO_TEST_CASE(client_is_shared_among_threads) {
  const Server server([](Peer& peer) {
    peer.request();
    peer.send(answer("yes"));
  });
  const Guard guard(local_settings());
  const Client client(guard);
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 5; ++n) good += client.call({.url = server.url()}).body == "yes";
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(good == 20);
}

BOOST_AUTO_TEST_CASE(no_text_for_a_tenant_names_an_address) {
  for (int kind = 0; kind <= static_cast<int>(FailureKind::internal); ++kind) {
    const std::string_view text = text_of(static_cast<FailureKind>(kind));
    BOOST_TEST(text.find_first_of("0123456789:") == text.npos, text);
  }
}
