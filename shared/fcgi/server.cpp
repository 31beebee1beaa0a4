#include "fcgi/server.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_set>
#include <vector>

#include "core/log.h"
#include "fcgi/connection.h"
#include "http/problem.h"

namespace gatehouse::fcgi {
namespace {

constexpr ErrorKind unreadable_request{400, "request_unreadable", "the request could not be read",
                                       "Send fewer and shorter headers, and a complete body."};

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

int checked(int result, const char* what) {
  if (result < 0) fail(what);
  return result;
}

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
    // libfcgi waits this long for a new connection's first bytes and for the peer when it closes
    // one.
    setenv("LIBFCGI_IS_AF_UNIX_KEEPER_POLL_TIMEOUT", "200", 1);
    setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "200", 1);
    if (FCGX_Init() != 0) throw std::runtime_error("FCGX_Init failed");
    checked(fcntl(options_.listener, F_SETFL, fcntl(options_.listener, F_GETFL) | O_NONBLOCK),
            "fcntl");
    watch(options_.listener, EPOLLIN | EPOLLEXCLUSIVE, &options_);
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
        accept(*worker);
      } else {
        take(*static_cast<Connection*>(event.data.ptr), event.events, *worker);
      }
    }
  }

  void accept(http::Worker& worker) {
    auto connection = std::make_unique<Connection>(options_.listener);
    if (!connection->receive()) return;  // another thread was faster
    Connection& accepted = *connection.release();
    {
      std::lock_guard lock(mutex_);
      connections_.insert(&accepted);
    }
    dispatch(accepted, worker);
  }

  void take(Connection& connection, std::uint32_t events, http::Worker& worker) {
    // nginx has closed a kept connection. Asking libfcgi would make it accept from the listener.
    if ((events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0) return drop(connection);
    if (!connection.receive()) return drop(connection);
    dispatch(connection, worker);
  }

  void dispatch(Connection& connection, http::Worker& worker) {
    if (!connection.read()) {
      return finish(connection, http::problem(Failure(unreadable_request), connection.request()));
    }
    if (worker.lane(connection.request()) == http::Lane::requests) {
      return finish(connection, worker.serve(connection.request()));
    }
    {
      std::lock_guard lock(mutex_);
      if (hashing_.size() < static_cast<std::size_t>(options_.hashing_queue)) {
        hashing_.push_back(&connection);
        hashing_ready_.notify_one();
        return;
      }
    }
    finish(connection, worker.refuse(connection.request()));
  }

  void finish(Connection& connection, const http::Response& response) {
    connection.send(response);
    if (!connection.reusable()) return drop(connection);
    park(connection);
  }

  /// A connection that receive() has just accepted is not in the set yet, whatever its number was
  /// before.
  void park(Connection& connection) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
    event.data.ptr = &connection;
    const int fd = connection.socket();
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0) return;
    if (errno != ENOENT) fail("epoll_ctl");
    checked(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
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
    while (Connection* connection = next_to_hash(*worker)) {
      finish(*connection, worker->serve(connection->request()));
    }
  }

  Connection* next_to_hash(http::Worker& worker) {
    std::unique_lock lock(mutex_);
    const auto ready = [this] { return quitting_ || !hashing_.empty(); };
    if (!hashing_ready_.wait_for(lock, std::chrono::seconds(1), ready)) {
      worker.idle();
      hashing_ready_.wait(lock, ready);
    }
    if (hashing_.empty()) return nullptr;
    Connection* connection = hashing_.front();
    hashing_.pop_front();
    return connection;
  }

  ServerOptions options_;
  WorkerFactory make_worker_;
  Descriptor epoll_, quit_;
  std::vector<std::thread> threads_;

  std::mutex mutex_;
  std::condition_variable emptied_, hashing_ready_;
  std::unordered_set<Connection*> connections_;  ///< all that are open, parked or being served
  std::deque<Connection*> hashing_;
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
