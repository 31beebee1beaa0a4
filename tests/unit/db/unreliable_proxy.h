#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace test {

/// Stands between a client and PostgreSQL's socket, one connection at a time, and lets it down as
/// told.
class UnreliableProxy {
 public:
  enum class Fault {
    none,
    cut_request,  ///< the next request never arrives, the connection closes
    cut_answer,   ///< the next request is carried out, its answer never arrives, the connection
                  ///< closes
    silence,      ///< nothing is passed on any more
  };

  UnreliableProxy();
  ~UnreliableProxy();
  UnreliableProxy(const UnreliableProxy&) = delete;
  UnreliableProxy& operator=(const UnreliableProxy&) = delete;

  /// For ConnectionOptions: the settings' database through this.
  std::string conninfo(const std::string& role) const;
  /// A cut happens once.
  void next(Fault fault) { fault_ = fault; }
  int connections() const { return connections_; }

 private:
  void run();
  void serve(int client);

  std::string directory_;
  int listener_ = -1;
  std::atomic<Fault> fault_{Fault::none};
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  std::thread thread_;
};

}  // namespace test
