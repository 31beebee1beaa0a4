#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/settings.h"
#include "core/time.h"
#include "crypto/keyring.h"
#include "db/connection.h"
#include "egress/engine.h"
#include "webhooks/batch.h"
#include "webhooks/queue_store.h"
#include "webhooks/result_store.h"
#include "webhooks/verdict.h"

namespace gatehouse::webhooks {

/// What a dispatcher did.
struct Tally {
  std::int64_t events = 0;  ///< whose deliveries were made
  std::int64_t delivered = 0;
  std::int64_t failed = 0;  ///< attempts
  std::int64_t dead_letters = 0;
  std::int64_t cancelled = 0;    ///< their endpoint or event is gone
  std::int64_t interrupted = 0;  ///< attempts of workers that were killed, given back
};

/// One worker: finds what is to be sent, sends it, keeps what became of it. One thread, any number
/// of them at once, on any number of hosts.
///
/// What it has claimed is its own for a lease of twice `webhook_timeout`. It begins a call only
/// right after it has claimed it, and a call ends within `webhook_timeout`: a worker that was
/// stopped for longer sends nothing more of what others may have by then. What it knows of a
/// delivery counts only while that is its own.
class Dispatcher {
 public:
  /// All must outlive the dispatcher. Throws SettingsError.
  Dispatcher(const Settings& settings, const crypto::Keyring& keyring, const Clock& clock);

  /// Works until `stop` says so (asked every two seconds at least), and then only finishes what is
  /// under way; `once`: also until nothing is due. Waits for PostgreSQL where it is away; `once`:
  /// throws db::Unavailable after some seconds.
  Tally run(bool once, const std::function<bool()>& stop);

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  bool work(bool stopping);
  bool feed();
  bool fan_out();
  bool claim(const std::vector<std::string>& endpoints);
  void send_claimed();
  void send(const store::Claimed& claimed, const store::Message& message);
  void finish(const store::Claimed& claimed, std::string worker, Time at,
              const egress::Outcome& outcome);
  void keep_results();
  void keep(std::span<const store::Result> results);
  void keep_alone(const store::Result& result);
  bool keep_house();
  void drive(std::chrono::milliseconds pause);
  void be_another();
  void note_failure(const std::exception& error, bool once);
  void leave();
  bool lease_is_over() const;

  const Settings& settings_;
  const crypto::Keyring& keyring_;
  const Clock& clock_;
  const std::chrono::seconds lease_;
  const Schedule schedule_;
  const egress::Guard guard_;
  db::Connection connection_;
  egress::Engine engine_;

  std::string worker_;
  SteadyTime claimed_at_{};              ///< just before the latest claim was sent
  std::vector<store::Claimed> claimed_;  ///< not sent yet
  std::unordered_set<egress::Engine::Id> calls_;
  std::map<std::string, std::size_t> under_way_;  ///< of those, to each tenant's endpoints
  std::vector<store::Result> results_;            ///< not kept yet
  std::map<std::string, store::Health> health_;
  std::string looked_at_;  ///< endpoints up to here, in this round
  bool found_ = false;     ///< something to do, in this round
  SteadyTime round_began_{};
  SteadyTime house_kept_{};
  SteadyTime failing_since_{};  ///< PostgreSQL; the epoch while it works
  Batch events_at_once_{256}, messages_at_once_{64};
  Tally tally_;
};

}  // namespace gatehouse::webhooks
