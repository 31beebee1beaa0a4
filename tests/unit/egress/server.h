#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace gatehouse::test {

/// The server's side of one connection.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}

  /// The next request, head and body; empty when the client has closed.
  std::string request();
  /// False when the client has closed.
  bool send(std::string_view bytes);
  /// Waits until the client closes; what it still sends is dropped.
  void wait_for_close();

 private:
  int fd_;
  std::string read_;
};

/// An HTTP server that answers as a test says, on 127.0.0.1 and a port of its own: `serve` is run
/// for each connection, in a thread of its own.
class Server {
 public:
  explicit Server(std::function<void(Peer&)> serve);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const { return port_; }
  /// `http://127.0.0.1:<port>/`, or with another spelling of the host.
  std::string url(std::string_view host = "127.0.0.1") const;
  int connections() const { return connections_; }

 private:
  void accept_all();

  std::function<void(Peer&)> serve_;
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::mutex mutex_;  ///< guards open_ and peers_
  std::vector<int> open_;
  std::vector<std::thread> peers_;
  std::thread acceptor_;
};

/// `HTTP/1.1 200 OK` with that body and its length.
std::string answer(std::string_view body, std::string_view more_headers = {});

}  // namespace gatehouse::test
