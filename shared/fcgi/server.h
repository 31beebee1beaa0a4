#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "http/worker.h"

namespace gatehouse::fcgi {

struct ServerOptions {
  int listener = 0;  ///< a listening socket; the server makes it non-blocking
  int threads = 4;   ///< request threads
  int hashing_threads =
      0;  ///< threads for Lane::hashing, at the lowest priority; 0 where no route needs them
  int hashing_queue = 256;  ///< requests that may wait for one of them
  /// How long a stopping server goes on serving connections that nginx keeps open. nginx closes
  /// them by itself within its keepalive_time, and it must be the one who closes: what it sends
  /// into a closed connection is a 502.
  std::chrono::seconds drain{30};
};

/// Serves FastCGI: kept connections are parked in one epoll set, and a thread takes whichever has a
/// request. With a thread for each connection, whoever comes when all are taken starves.
class Server {
 public:
  using WorkerFactory = std::function<std::unique_ptr<http::Worker>()>;

  Server(ServerOptions options, WorkerFactory make_worker);
  ~Server();

  /// Starts the threads. SIGTERM and SIGINT must be blocked before, so that all threads inherit it.
  void start();

  /// Takes no new connection any more, finishes what is under way, serves what nginx still sends on
  /// kept connections until it closes them, and joins the threads.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Opens a unix socket to listen on, mode 0660, taking the place of a socket that nobody listens on
/// any more. Throws std::runtime_error, also where somebody does.
int listen_on(const std::string& path);

/// True if the file descriptor is a listening socket: what a supervisor hands over on fd 0.
bool is_listener(int fd);

}  // namespace gatehouse::fcgi
