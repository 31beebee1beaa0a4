// Load in an open loop: requests are sent when they are due, whether or not earlier ones have been
// answered, and a latency is counted from when its request was due. A generator that waits for
// answers, as wrk does, slows down with the server and so hides what a flood does. What is due
// while all connections are under way waits here: `serving` counts from when it was sent, and what
// the end finds waiting is given up as `unsent`.
// `flood --help` says what it takes; prints one line of JSON.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

struct Options {
  int port = 0;
  std::string request;  // the bytes of one HTTP/1.1 request
  double rate = 100;    // requests a second, Poisson
  double seconds = 1;
  double patience = 10;  // seconds to wait for answers after the last was sent
  std::size_t connections = 4096;
  unsigned sources = 1;  // client addresses, from 127.1.0.1 on
  unsigned first_source = 0;
};

double milliseconds(nanoseconds span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

/// One answer as it comes in.
class Answer {
 public:
  /// True once it is complete.
  bool take(const char* bytes, std::size_t size) {
    text_.append(bytes, size);
    if (!head_) {
      const auto end = text_.find("\r\n\r\n");
      if (end == text_.npos) return false;
      head_ = end + 4;
      status = std::atoi(text_.c_str() + 9);
      const auto length = header("Content-Length");
      length_ = length.empty() ? 0 : std::stoul(length);
    }
    return text_.size() >= head_ + length_;
  }
  std::string header(const char* name) const {
    const auto at = text_.find("\r\n" + std::string(name) + ": ");
    if (at == text_.npos || at >= head_) return {};
    const auto begin = at + std::strlen(name) + 4;
    return text_.substr(begin, text_.find("\r\n", begin) - begin);
  }
  bool is_json() const { return text_[head_] == '{' && text_.back() == '}'; }
  void clear() {
    text_.clear();
    head_ = 0;
  }
  int status = 0;

 private:
  std::string text_;
  std::size_t head_ = 0, length_ = 0;
};

struct Line {
  int fd = -1;
  bool busy = false;
  unsigned source = 0;
  Clock::time_point due, sent_at;
  std::size_t sent = 0;
  Answer answer;
};

struct Tenth {
  int due = 0, served = 0;
  double worst_ms = 0;
};

class Flood {
 public:
  explicit Flood(Options options)
      : options_(std::move(options)),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        lines_(options_.connections),
        tenths_(static_cast<std::size_t>(options_.seconds * 10) + 1) {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      lines_[i].source = options_.first_source + static_cast<unsigned>(i) % options_.sources;
    }
  }

  void run() {
    std::mt19937_64 random(1);
    std::exponential_distribution<double> gap(options_.rate);
    const auto after = [&] {
      return std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>(gap(random)));
    };
    began_ = Clock::now();
    const auto end = began_ + std::chrono::duration_cast<nanoseconds>(
                                  std::chrono::duration<double>(options_.seconds));
    const auto give_up = end + std::chrono::duration_cast<nanoseconds>(
                                   std::chrono::duration<double>(options_.patience));
    auto next = began_ + after();
    while (true) {
      auto now = Clock::now();
      for (; next <= now && next < end; next += after()) {
        waiting_.push_back(next);
        ++tenth(next).due;
        ++due_;
      }
      send_waiting();
      if (now >= end) {
        unsent_ += waiting_.size();
        waiting_.clear();
      }
      if (next >= end && waiting_.empty() && busy_ == 0) break;
      now = Clock::now();
      if (now >= give_up) break;
      wait(next < end ? std::max(nanoseconds(0), next - now) : std::chrono::milliseconds(10));
    }
    unanswered_ = busy_;
  }

  void print() {
    std::printf(
        "{\"due\":%zu,\"unsent\":%zu,\"unanswered\":%zu,\"reset\":%zu,\"not_connected\":%zu,"
        "\"malformed\":%zu,"
        "\"connections\":%zu,\"statuses\":{",
        due_, unsent_, unanswered_, reset_, not_connected_, malformed_, opened_);
    const char* comma = "";
    for (const auto& [status, count] : statuses_) {
      std::printf("%s\"%d\":%zu", comma, status, count);
      comma = ",";
    }
    std::printf("},\"sending\":");
    print(sending_);
    std::printf(",\"served\":");
    print(served_);
    std::printf(",\"serving\":");
    print(serving_);
    std::printf(",\"shed\":");
    print(shed_);
    std::printf(",\"tenths\":[");
    comma = "";
    for (const Tenth& one : tenths_) {
      std::printf("%s[%d,%d,%.2f]", comma, one.due, one.served, one.worst_ms);
      comma = ",";
    }
    std::printf("]}\n");
  }

 private:
  Tenth& tenth(Clock::time_point due) {
    return tenths_[static_cast<std::size_t>((due - began_) / std::chrono::milliseconds(100))];
  }

  void send_waiting() {
    while (!waiting_.empty()) {
      Line* line = nullptr;
      if (!idle_.empty()) {
        line = idle_.front();
        idle_.pop_front();
      } else if (next_line_ < lines_.size()) {
        line = &lines_[next_line_++];
      } else if (!closed_.empty()) {
        line = closed_.front();
        closed_.pop_front();
      } else {
        return;  // all connections are under way: what is due waits, and its latency counts
      }
      if (line->fd < 0 && !open(*line)) {
        ++not_connected_;
        waiting_.pop_front();
        closed_.push_back(line);
        continue;
      }
      line->due = waiting_.front();
      waiting_.pop_front();
      line->busy = true;
      ++busy_;
      line->sent = 0;
      line->answer.clear();
      line->sent_at = Clock::now();
      sending_.push_back(milliseconds(line->sent_at - line->due));
      push(*line);
    }
  }

  bool open(Line& line) {
    line.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (line.fd < 0) return false;
    const int one = 1;
    setsockopt(line.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(line.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(0x7f010001 + line.source);
    const auto* name = reinterpret_cast<const sockaddr*>(&address);
    bool connected = bind(line.fd, name, sizeof address) == 0;
    address.sin_port = htons(static_cast<std::uint16_t>(options_.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected = connected && (connect(line.fd, name, sizeof address) == 0 || errno == EINPROGRESS);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP;
    event.data.ptr = &line;
    if (connected && epoll_ctl(epoll_, EPOLL_CTL_ADD, line.fd, &event) == 0) {
      ++opened_;
      return true;
    }
    close(line.fd);
    line.fd = -1;
    return false;
  }

  void push(Line& line) {
    while (line.sent < options_.request.size()) {
      const auto put = send(line.fd, options_.request.data() + line.sent,
                            options_.request.size() - line.sent, MSG_NOSIGNAL);
      if (put < 0) return;  // what is wrong with it is told by the event that follows
      line.sent += static_cast<std::size_t>(put);
    }
  }

  void wait(nanoseconds longest) {
    epoll_event events[256];
    const timespec span{0, std::min<long>(longest.count(), 50'000'000)};
    const int count = epoll_pwait2(epoll_, events, 256, &span, nullptr);
    for (int i = 0; i < count; ++i) {
      Line& line = *static_cast<Line*>(events[i].data.ptr);
      if (line.fd < 0) continue;
      if (line.busy && (events[i].events & EPOLLOUT) != 0) push(line);
      if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0) pull(line);
    }
  }

  void pull(Line& line) {
    char bytes[16384];
    while (true) {
      const auto got = recv(line.fd, bytes, sizeof bytes, 0);
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) {
        if (line.busy) {
          ++reset_;
          --busy_;
          line.busy = false;
          hang_up(line);
          closed_.push_back(&line);
        } else {
          hang_up(line);  // stays in idle_, and is opened anew when its turn comes
        }
        return;
      }
      if (!line.busy) continue;
      if (!line.answer.take(bytes, static_cast<std::size_t>(got))) continue;
      finish(line);
      if (line.fd < 0) return;
    }
  }

  void finish(Line& line) {
    const double took = milliseconds(Clock::now() - line.due);
    const int status = line.answer.status;
    ++statuses_[status];
    const bool served = status >= 200 && status < 300;
    (served ? served_ : shed_).push_back(took);
    if (served) serving_.push_back(milliseconds(Clock::now() - line.sent_at));
    if (!served && (line.answer.header("Retry-After").empty() || !line.answer.is_json())) {
      ++malformed_;
    }
    if (served) {
      Tenth& of = tenth(line.due);
      ++of.served;
      of.worst_ms = std::max(of.worst_ms, took);
    }
    line.busy = false;
    --busy_;
    if (line.answer.header("Connection") == "close") hang_up(line);
    idle_.push_back(&line);
  }

  static void hang_up(Line& line) {
    close(line.fd);
    line.fd = -1;
  }

  static void print(std::vector<double>& spans) {
    std::sort(spans.begin(), spans.end());
    const auto at = [&](double part) {
      return spans.empty() ? 0.0 : spans[static_cast<std::size_t>(part * double(spans.size() - 1))];
    };
    std::printf("{\"count\":%zu,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}", spans.size(),
                at(0.5), at(0.99), at(1));
  }

  const Options options_;
  const int epoll_;
  std::vector<Line> lines_;
  std::vector<Tenth> tenths_;
  Clock::time_point began_;
  std::deque<Clock::time_point> waiting_;
  std::deque<Line*> idle_, closed_;
  std::size_t next_line_ = 0, busy_ = 0;
  std::size_t due_ = 0, unsent_ = 0, unanswered_ = 0, reset_ = 0, not_connected_ = 0,
              malformed_ = 0, opened_ = 0;
  std::map<int, std::size_t> statuses_;
  std::vector<double> served_, shed_, sending_;
  std::vector<double> serving_;  // as served_, but from when it was sent
};

constexpr const char* usage =
    "usage: gatehouse-bench-flood --port N --request FILE --rate N --seconds N\n"
    "  [--connections N] [--sources N] [--first-source N] [--patience SECONDS]\n"
    "FILE holds one HTTP/1.1 request; it is sent --rate times a second (Poisson) over at most\n"
    "--connections connections from --sources addresses, 127.1.0.1 + --first-source and "
    "following.\n";

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--port")
      options.port = std::stoi(value);
    else if (name == "--rate")
      options.rate = std::stod(value);
    else if (name == "--seconds")
      options.seconds = std::stod(value);
    else if (name == "--patience")
      options.patience = std::stod(value);
    else if (name == "--connections")
      options.connections = std::stoul(value);
    else if (name == "--sources")
      options.sources = static_cast<unsigned>(std::stoul(value));
    else if (name == "--first-source")
      options.first_source = static_cast<unsigned>(std::stoul(value));
    else if (name == "--request") {
      std::ifstream file(value, std::ios::binary);
      options.request.assign(std::istreambuf_iterator<char>(file), {});
    } else
      throw std::invalid_argument(name);
  }
  if (argc % 2 == 0 || options.port == 0 || options.request.empty())
    throw std::invalid_argument("missing");
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Flood flood(parse(argc, argv));
    flood.run();
    flood.print();
    return 0;
  } catch (const std::invalid_argument&) {
    std::fputs(usage, stderr);
    return 2;
  }
}
