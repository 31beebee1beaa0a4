#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "db/connection.h"

namespace gatehouse::db {

/// The one thread of a process that looks after what requests do not wait for: epochs, journals,
/// partitions. Has a connection of its own. A task that throws is logged (once when it begins to
/// fail, once when it works again) and tried again when it is next due, or a second later if that
/// is sooner; the thread never dies of it.
class Housekeeper {
 public:
  using Task = std::function<void(Connection&)>;

  explicit Housekeeper(ConnectionOptions options);
  ~Housekeeper() { stop(); }
  Housekeeper(const Housekeeper&) = delete;
  Housekeeper& operator=(const Housekeeper&) = delete;

  /// Runs `task` at start and then `interval` after each end of it. Before start() only.
  void every(std::chrono::milliseconds interval, std::string name, Task task);
  void start();
  /// Runs every task one last time, so that journals are flushed, and ends the thread. No task
  /// begins later than the connection's timeout after this. May be called again.
  void stop();

 private:
  struct Chore {
    std::chrono::milliseconds interval;
    std::string name;
    Task task;
    std::chrono::steady_clock::time_point due{};
    bool failing = false;
  };
  void run();
  void attempt(Chore& chore);

  std::chrono::milliseconds timeout_;
  Connection connection_;
  std::vector<Chore> chores_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace gatehouse::db
