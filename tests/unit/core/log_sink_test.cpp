#include "core/log_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <climits>
#include <string>
#include <thread>
#include <vector>

#include "core/log.h"

using namespace gatehouse;  // NOLINT

namespace {

/// stderr is a pipe that nobody reads until somebody asks what is in it.
class Pipe {
 public:
  Pipe() : saved_(dup(STDERR_FILENO)) {
    BOOST_REQUIRE(pipe2(ends_.data(), O_CLOEXEC) == 0);
    dup2(ends_[1], STDERR_FILENO);
  }
  ~Pipe() {
    restore();
    for (const int fd : {saved_, ends_[0], ends_[1]}) close(fd);
  }
  void restore() const { dup2(saved_, STDERR_FILENO); }

  std::string read_available() const {
    fcntl(ends_[0], F_SETFL, O_NONBLOCK);
    std::string text;
    std::array<char, 4096> bytes{};
    for (ssize_t got = 0; (got = read(ends_[0], bytes.data(), bytes.size())) > 0;) {
      text.append(bytes.data(), static_cast<std::size_t>(got));
    }
    return text;
  }

 private:
  std::array<int, 2> ends_{};
  int saved_;
};

std::string line_of(char c, std::size_t size) {
  return std::string(size - 1, c) + '\n';
}

}  // namespace

BOOST_AUTO_TEST_CASE(line_that_is_not_urgent_waits_for_a_flush_and_an_urgent_one_takes_it_along) {
  const Pipe pipe;
  log::Sink sink(1 << 20);
  sink.add("one\n", false);
  BOOST_TEST(pipe.read_available() == "");
  sink.flush(0);
  BOOST_TEST(pipe.read_available() == "one\n");
  sink.add("two\n", false);
  sink.add("three\n", true);
  BOOST_TEST(pipe.read_available() == "two\nthree\n");
}

BOOST_AUTO_TEST_CASE(reader_who_does_not_read_holds_nobody_up_and_what_is_dropped_is_counted) {
  const Pipe pipe;
  constexpr std::size_t most = 100'000;
  log::Sink sink(most);
  constexpr int lines = 4000;  // 400 kB: more than a pipe and the sink hold
  for (int i = 0; i < lines; ++i) sink.add(line_of('x', 100), i % 2 == 0);
  BOOST_TEST(sink.take_dropped() == 0);  // no room to tell of them yet

  std::string text;
  for (std::string got; sink.flush(0), !(got = pipe.read_available()).empty();) text += got;
  BOOST_TEST(text.size() % 100 == 0U);
  const auto kept = std::count(text.begin(), text.end(), '\n');
  BOOST_TEST(kept > 1000);
  BOOST_TEST(kept + sink.take_dropped() == lines);
  BOOST_TEST(sink.take_dropped() == 0);
}

BOOST_AUTO_TEST_CASE(lines_of_many_threads_and_two_sinks_stay_whole) {
  const Pipe pipe;
  constexpr int each = 300;
  std::array<log::Sink, 2> sinks{log::Sink(1 << 24), log::Sink(1 << 24)};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        const auto size = static_cast<std::size_t>(1 + (i * 37 + t * 101) % PIPE_BUF);
        sinks[t % 2].add(line_of(static_cast<char>('a' + t), size), i % 3 == 0);
      }
    });
  }
  std::string text;
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) text += pipe.read_available();
  });
  for (std::thread& thread : threads) thread.join();
  for (log::Sink& sink : sinks) sink.flush(10'000);
  done = true;
  reader.join();
  text += pipe.read_available();

  int whole = 0;
  for (std::size_t at = 0; at < text.size(); ++whole) {
    const std::size_t end = text.find('\n', at);
    BOOST_REQUIRE(end != text.npos);
    const std::string line = text.substr(at, end - at);
    BOOST_REQUIRE(line.find_first_not_of(line.empty() ? 'x' : line[0]) == line.npos);
    at = end + 1;
  }
  BOOST_TEST(whole == 4 * each);
}

BOOST_AUTO_TEST_CASE(closed_stderr_stops_nobody) {
  const Pipe pipe;
  close(STDERR_FILENO);
  log::Sink sink(1000);
  for (int i = 0; i < 100; ++i) sink.add(line_of('x', 100), true);
  pipe.restore();
  BOOST_TEST(sink.take_dropped() >= 0);
}

BOOST_AUTO_TEST_CASE(line_of_escapes_only_still_fits_one_write) {
  log::configure("tokens", log::Level::info);
  const Pipe pipe;
  const std::string all_escapes(1000, '\x01');
  log::warn("x", {{"a", std::string_view(all_escapes)}, {"b", std::string_view(all_escapes)}});
  const std::string line = pipe.read_available();
  BOOST_TEST(line.size() <= std::size_t{PIPE_BUF});
  BOOST_TEST(line.ends_with("\"}\n"));
}
