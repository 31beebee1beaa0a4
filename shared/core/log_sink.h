#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace gatehouse::log {

/// Lines on their way to stderr, in the order in which they were added. Each write(2) is of whole
/// lines and, unless stderr is a file, of PIPE_BUF bytes at most, so that nobody else's lines come
/// between their bytes. Nobody waits for a reader who does not read:
/// what stderr does not take at once waits in memory, and beyond `most` bytes lines are dropped and
/// counted. Thread-safe.
class Sink {
 public:
  explicit Sink(std::size_t most) : most_(most) {}

  /// `line` ends in '\n' and has at most PIPE_BUF bytes. `at_once`: it is written before this
  /// returns, and with it all that waits.
  void add(std::string_view line, bool at_once);

  /// Writes what waits; gives a reader who is behind up to `patience_ms` milliseconds for each
  /// write.
  void flush(int patience_ms);

  /// Lines dropped since the last call of this, if there is room to tell of them; else 0.
  std::int64_t take_dropped();

 private:
  void write_out(int patience_ms);

  const std::size_t most_;
  std::mutex writing_;  ///< held by whoever writes; taken before lines_
  std::mutex lines_;
  std::string waiting_;
  std::int64_t dropped_ = 0;
};

}  // namespace gatehouse::log
