#include "db/housekeeper.h"

#include <algorithm>
#include <exception>

#include "core/log.h"

namespace gatehouse::db {
namespace {

/// A chore of every hour that failed must not be left undone for an hour.
constexpr std::chrono::milliseconds soon{1000};

}  // namespace

Housekeeper::Housekeeper(ConnectionOptions options)
    : timeout_(options.timeout), connection_(std::move(options)) {}

void Housekeeper::every(std::chrono::milliseconds interval, std::string name, Task task) {
  chores_.push_back({interval, std::move(name), std::move(task)});
}

void Housekeeper::start() {
  thread_ = std::thread([this] { run(); });
}

void Housekeeper::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Housekeeper::run() {
  for (;;) {
    for (Chore& chore : chores_) {
      if (chore.due > std::chrono::steady_clock::now()) continue;
      attempt(chore);
      chore.due = std::chrono::steady_clock::now() +
                  (chore.failing ? std::min(chore.interval, soon) : chore.interval);
    }
    auto next = std::chrono::steady_clock::now() + std::chrono::hours(1);
    for (const Chore& chore : chores_) next = std::min(next, chore.due);
    std::unique_lock lock(mutex_);
    if (wake_.wait_until(lock, next, [this] { return stopping_; })) break;
  }
  const auto deadline = Deadline::in(timeout_);
  for (Chore& chore : chores_) {
    if (deadline.passed()) break;
    attempt(chore);
  }
}

void Housekeeper::attempt(Chore& chore) {
  std::string why;
  try {
    chore.task(connection_);
  } catch (const std::exception& error) {
    why = *error.what() ? error.what() : "unknown";
  } catch (...) {
    why = "unknown";
  }
  if (!why.empty() && !chore.failing) {
    log::warn("housekeeping_failed",
              {{"task", std::string_view(chore.name)}, {"reason", std::string_view(why)}});
  } else if (why.empty() && chore.failing) {
    log::info("housekeeping_recovered", {{"task", std::string_view(chore.name)}});
  }
  chore.failing = !why.empty();
}

}  // namespace gatehouse::db
