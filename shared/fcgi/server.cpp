#include "fcgi/server.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <unordered_set>
#include <vector>

#include "core/log.h"
#include "fcgi/admission.h"
#include "fcgi/connection.h"
#include "http/errors.h"

namespace gatehouse::fcgi {
namespace {

using namespace std::chrono_literals;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

int checked(int result, const char* what) {
  if (result < 0) fail(what);
  return result;
}

/// How long a request has been on its way from the server in front, whose clock is ours.
std::chrono::nanoseconds waited(const http::Request& request) {
  const auto span = std::chrono::system_clock::now() - request.passed_on;
  // Longer than that server waits for an answer: it does not say, or its clock is another.
  return span < 0s || span > 1min ? 0s : span;
}

constexpr std::uint32_t parked = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, WorkerFactory make_worker)
      : options_(options),
        make_worker_(std::move(make_worker)),
        epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
        quit_(checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
    // libfcgi waits this long for the peer when it closes a connection.
    setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "200", 1);
    if (FCGX_Init() != 0) throw std::runtime_error("FCGX_Init failed");
    checked(fcntl(options_.listener, F_SETFL, fcntl(options_.listener, F_GETFL) | O_NONBLOCK),
            "fcntl");
    watch(options_.listener, EPOLLIN | EPOLLET, &options_);
    watch(quit_.get(), EPOLLIN, &quit_);
  }

  ~Impl() {
    for (Connection* connection : connections_) delete connection;
  }

  void start() {
    for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { serve_requests(); });
    for (int i = 0; i < options_.hashing_threads; ++i)
      threads_.emplace_back([this] { serve_hashing(); });
  }

  void stop() {
    {
      std::unique_lock lock(mutex_);
      epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, options_.listener, nullptr);
      const bool drained =
          emptied_.wait_for(lock, options_.drain, [this] { return connections_.empty(); });
      if (!drained)
        log::warn("drain_timed_out", {{"connections", std::int64_t(connections_.size())}});
      quitting_ = true;
    }
    hashing_ready_.notify_all();
    eventfd_write(quit_.get(), 1);
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  void watch(int fd, std::uint32_t events, void* tag) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = tag;
    checked(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  }

  void serve_requests() {
    const auto worker = make_worker_();
    while (true) {
      epoll_event event{};
      const int count = epoll_wait(epoll_.get(), &event, 1, -1);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail("epoll_wait");
      if (event.data.ptr == &quit_) return;
      if (event.data.ptr == &options_) {
        accept_all();
      } else {
        take(*static_cast<Connection*>(event.data.ptr), event.events, *worker);
      }
    }
  }

  /// All at once, into the one queue: who waited here would be overtaken by every kept connection.
  void accept_all() {
    while (true) {
      const int fd = accept4(options_.listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) {
        take_in(fd);
      } else if (errno == EAGAIN) {
        return;
      } else if (errno != EINTR && errno != ECONNABORTED) {
        log::error("accept_failed", {{"errno", std::int64_t{errno}}});
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    }
  }

  void take_in(int fd) {
    auto made = std::make_unique<Connection>(fd);
    Connection* connection = made.get();
    {
      std::lock_guard lock(mutex_);
      connections_.insert(made.release());
    }
    watch(fd, parked, connection);
  }

  void take(Connection& connection, std::uint32_t events, http::Worker& worker) {
    // nginx has closed a kept connection. Asking libfcgi would make it accept from the listener.
    if ((events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0) return drop(connection);
    if (!connection.receive()) return drop(connection);
    dispatch(connection, worker);
  }

  void dispatch(Connection& connection, http::Worker& worker) {
    if (!connection.read()) {
      return refuse(connection, worker, Failure(http::errors::request_unreadable));
    }
    if (!requests_.admit(waited(connection.request()), Admission::Clock::now())) {
      return shed(connection, worker);
    }
    if (worker.lane(connection.request()) == http::Lane::requests) {
      return serve(connection, worker, requests_);
    }
    {
      std::lock_guard lock(mutex_);
      if (hashing_.size() < static_cast<std::size_t>(options_.hashing_queue)) {
        hashing_.push_back({&connection, Admission::Clock::now()});
        hashing_ready_.notify_one();
        return;
      }
    }
    shed(connection, worker);
  }

  void serve(Connection& connection, http::Worker& worker, Admission& admission) {
    const auto began = Admission::Clock::now();
    const http::Response response = worker.serve(connection.request());
    admission.served(Admission::Clock::now() - began);
    finish(connection, response);
  }

  void shed(Connection& connection, http::Worker& worker) {
    if (const auto count = refusals_.count(Admission::Clock::now())) {
      log::warn("overloaded", {{"refused", count}});
    }
    refuse(connection, worker, Failure(http::errors::overloaded).retry_after(1s));
  }

  void refuse(Connection& connection, http::Worker& worker, const Failure& failure) {
    finish(connection, worker.refuse(connection.request(), failure));
  }

  void finish(Connection& connection, const http::Response& response) {
    connection.send(response);
    if (!connection.reusable()) return drop(connection);
    park(connection);
  }

  void park(Connection& connection) {
    epoll_event event{};
    event.events = parked;
    event.data.ptr = &connection;
    checked(epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.socket(), &event), "epoll_ctl");
  }

  void drop(Connection& connection) {
    const std::unique_ptr<Connection> closing(&connection);  // outside the lock: closing can wait
    std::lock_guard lock(mutex_);
    connections_.erase(&connection);
    if (connections_.empty()) emptied_.notify_all();
  }

  void serve_hashing() {
    // Linux gives each thread a priority of its own; hashing takes what the other threads leave.
    setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 19);
    const auto worker = make_worker_();
    while (const auto next = next_to_hash(*worker)) {
      const auto now = Admission::Clock::now();
      if (hashes_.admit(now - next->since, now)) {
        serve(*next->connection, *worker, hashes_);
      } else {
        shed(*next->connection, *worker);
      }
    }
  }

  struct Waiting {
    Connection* connection;
    Admission::Clock::time_point since;
  };

  std::optional<Waiting> next_to_hash(http::Worker& worker) {
    std::unique_lock lock(mutex_);
    const auto ready = [this] { return quitting_ || !hashing_.empty(); };
    if (!hashing_ready_.wait_for(lock, std::chrono::seconds(1), ready)) {
      worker.idle();
      hashing_ready_.wait(lock, ready);
    }
    if (hashing_.empty()) return std::nullopt;
    const Waiting next = hashing_.front();
    hashing_.pop_front();
    return next;
  }

  ServerOptions options_;
  WorkerFactory make_worker_;
  Descriptor epoll_, quit_;
  std::vector<std::thread> threads_;

  std::mutex mutex_;
  std::condition_variable emptied_, hashing_ready_;
  std::unordered_set<Connection*> connections_;  ///< all that are open, parked or being served
  std::deque<Waiting> hashing_;
  Admission requests_, hashes_;
  Refusals refusals_;
  bool quitting_ = false;
};

Server::Server(ServerOptions options, WorkerFactory make_worker)
    : impl_(std::make_unique<Impl>(options, std::move(make_worker))) {}
Server::~Server() = default;
void Server::start() {
  impl_->start();
}
void Server::stop() {
  impl_->stop();
}

}  // namespace gatehouse::fcgi
