#include "core/log.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <limits>
#include <string>

using namespace gatehouse;  // NOLINT

namespace {

// The first write(2) to stderr that `work` does: a datagram socket keeps each write apart.
std::string captured(const std::function<void()>& work) {
  std::array<int, 2> ends{};
  BOOST_REQUIRE(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) ==
                0);
  const int saved = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  work();
  dup2(saved, STDERR_FILENO);
  std::array<char, 65536> bytes{};
  const ssize_t size = read(ends[0], bytes.data(), bytes.size());
  for (const int fd : {saved, ends[0], ends[1]}) close(fd);
  return size > 0 ? std::string(bytes.data(), static_cast<std::size_t>(size)) : std::string();
}

}  // namespace

BOOST_AUTO_TEST_CASE(line_is_one_json_object_in_one_write) {
  log::configure("tokens", log::Level::info);
  const std::string line = captured([] {
    log::warn("slow", {{"route", std::string_view("/health")},
                       {"ms", std::int64_t{-5}},
                       {"ratio", 0.5},
                       {"retried", true},
                       {"nothing", std::numeric_limits<double>::quiet_NaN()}});
  });
  BOOST_TEST(line.starts_with(R"({"time":"20)"));
  BOOST_TEST(line.ends_with(
      R"(Z","level":"warn","function":"tokens","event":"slow","route":"/health","ms":-5,)"
      R"("ratio":0.5,"retried":true,"nothing":null})"
      "\n"));
  // 2024-01-01T00:00:00.000Z
  BOOST_TEST(line.find('Z') == line.find("\"20") + 24);
}

BOOST_AUTO_TEST_CASE(no_field_can_forge_a_line) {
  log::configure("tokens", log::Level::info);
  const std::string line = captured([] {
    log::info("x", {{"agent", std::string_view("a\"}\n{\"event\":\"forged\xff")}});
  });
  BOOST_TEST(line.find('\n') == line.size() - 1);
  BOOST_TEST(line.find(R"("agent":"a\"}\n{\"event\":\"forged)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(long_values_are_cut) {
  log::configure("tokens", log::Level::info);
  const std::string text(5000, 'x');
  const std::string line = captured([&] { log::error("x", {{"text", std::string_view(text)}}); });
  BOOST_TEST(line.size() < 1300U);
  BOOST_TEST(line.ends_with("xxx\"}\n"));
}

BOOST_AUTO_TEST_CASE(lines_below_the_level_are_dropped) {
  log::configure("tokens", log::Level::warn);
  BOOST_TEST(captured([] { log::info("quiet"); }).empty());
  BOOST_TEST(!captured([] { log::warn("loud"); }).empty());
  log::configure("tokens", log::Level::info);
}
