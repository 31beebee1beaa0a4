#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/time.h"
#include "egress/guard.h"
#include "egress/request.h"

namespace gatehouse::egress {

struct EngineLimits {
  std::size_t calls = 256;             ///< under way at once
  std::size_t calls_per_origin = 8;    ///< of those, to one scheme, host and port
  std::size_t kept_connections = 256;  ///< open between calls
};

/// Many calls at once, all of them driven by one thread, on connections that are kept between calls
/// to the same origin. Calls beyond the limits wait in here, and their time limits only begin when
/// they do; origins take turns, so that one with many or slow calls holds up no other.
///
/// Belongs to one thread, wake() apart. A POST on a kept connection that the receiver was just
/// closing is sent again on a new one: a receiver may see a request twice.
class Engine {
 public:
  using Id = std::uint64_t;
  /// Called from run_until() alone, once for each submitted call; may submit and cancel.
  using Done = std::function<void(Outcome)>;

  /// The guard must outlive the engine.
  explicit Engine(const Guard& guard, EngineLimits limits = {});
  /// Closes what is under way. Its `Done`s are not called.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Throws std::invalid_argument (Request::headers); whatever else is wrong is an Outcome.
  Id submit(Request request, Done done);

  /// Ends a call: its `Done` gets FailureKind::cancelled from the next run_until(). What had been
  /// sent has been sent. False where the call is done, or was never there.
  bool cancel(Id id);

  /// Works until a call is done, somebody wakes it, or the deadline passes - with nothing to do
  /// too. Returns how many `Done`s it called; what one of them throws goes to the caller, and the
  /// others are called the next time.
  std::size_t run_until(Deadline deadline);

  /// Makes run_until() return soon. Thread-safe.
  void wake();

  std::size_t under_way() const { return under_way_; }
  /// Submitted and not begun.
  std::size_t waiting() const { return calls_.size() - under_way_; }

 private:
  struct Multi;
  struct Call;
  struct Origin;

  void begin_what_may();
  void begin(Call& call);
  void collect();
  void end(Call& call, Outcome outcome);
  void line_up(Origin& origin);
  std::size_t report();

  const Guard& guard_;
  EngineLimits limits_;
  Id last_id_ = 0;
  std::size_t under_way_ = 0;
  std::atomic<bool> woken_{false};
  std::deque<std::pair<Done, Outcome>> ended_;
  std::unordered_map<std::string, std::unique_ptr<Origin>> origins_;  ///< those with calls
  std::deque<Origin*> turns_;  ///< have calls waiting and may begin one; the longest-waiting first
  std::unique_ptr<Multi> multi_;
  std::unordered_map<Id, std::unique_ptr<Call>> calls_;  ///< not ended
};

}  // namespace gatehouse::egress
