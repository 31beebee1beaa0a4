#include "core/log_sink.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

namespace gatehouse::log {
namespace {

/// So much makes the cost of a write(2) small for each line of it.
constexpr std::size_t worth_writing = 32 * 1024;

/// What one write(2) keeps together: PIPE_BUF bytes, and anything where it is a file.
std::size_t longest_write() {
  struct stat status {};
  const bool file = ::fstat(STDERR_FILENO, &status) == 0 && S_ISREG(status.st_mode);
  return file ? 2 * worth_writing : PIPE_BUF;
}

/// A pipe that is ready takes PIPE_BUF bytes without blocking.
bool ready(int patience_ms) {
  pollfd stderr_poll{STDERR_FILENO, POLLOUT, 0};
  return ::poll(&stderr_poll, 1, patience_ms) > 0;
}

/// Length of the whole lines at the beginning of `text` that go into one write.
std::size_t next_part(std::string_view text, std::size_t longest) {
  return text.size() <= longest ? text.size() : text.rfind('\n', longest - 1) + 1;
}

}  // namespace

void Sink::add(std::string_view line, bool at_once) {
  bool enough = false;
  {
    const std::lock_guard lock(lines_);
    if (waiting_.size() + line.size() > most_) {
      ++dropped_;
    } else {
      waiting_ += line;
    }
    enough = waiting_.size() >= worth_writing;
  }
  if (at_once) return flush(0);
  if (!enough) return;
  // Whoever is writing will be back within a line or two.
  const std::unique_lock lock(writing_, std::try_to_lock);
  if (lock.owns_lock()) write_out(0);
}

void Sink::flush(int patience_ms) {
  const std::lock_guard lock(writing_);
  write_out(patience_ms);
}

std::int64_t Sink::take_dropped() {
  const std::lock_guard lock(lines_);
  if (waiting_.size() > most_ / 2) return 0;
  return std::exchange(dropped_, 0);
}

void Sink::write_out(int patience_ms) {
  std::string taken;
  {
    const std::lock_guard lock(lines_);
    taken.swap(waiting_);
  }
  if (taken.empty()) return;
  const std::size_t longest = longest_write();
  std::string_view rest = taken;
  while (!rest.empty() && ready(patience_ms)) {
    const std::string_view part = rest.substr(0, next_part(rest, longest));
    const ssize_t wrote = ::write(STDERR_FILENO, part.data(), part.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0 && errno == EAGAIN) break;
    // A log that cannot be written (a full disk, nobody at the other end) is no reason to stop.
    rest.remove_prefix(wrote < 0 ? part.size() : static_cast<std::size_t>(wrote));
    if (wrote >= 0) continue;
    const std::lock_guard lock(lines_);
    dropped_ += std::count(part.begin(), part.end(), '\n');
  }
  const std::lock_guard lock(lines_);
  if (!rest.empty()) {
    waiting_.insert(0, rest);
  } else if (waiting_.empty()) {
    taken.clear();
    waiting_.swap(taken);  // keeps its memory
  }
}

}  // namespace gatehouse::log
