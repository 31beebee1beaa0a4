#include "services/cleanup.h"

#include <thread>
#include <vector>

#include "services/secrets.h"
#include "services/store.h"

namespace gatehouse::services {
namespace {

using namespace std::chrono_literals;

constexpr int batch_rows = 1000;
constexpr int partition_days = 7;
/// How often a journal in use is tried again, and how long everybody else has it in between.
constexpr int drop_attempts = 20;
constexpr auto drop_pause = 250ms;

class Budget {
 public:
  explicit Budget(std::optional<CleanupBounds> bounds) {
    if (!bounds) return;
    batches_ = bounds->batches;
    deadline_ = Deadline::in(bounds->span);
  }
  bool allows(int batches) const {
    return (!batches_ || batches < *batches_) && (!deadline_ || !deadline_->passed());
  }

 private:
  std::optional<int> batches_;
  std::optional<Deadline> deadline_;
};

std::chrono::seconds kept(const Expiring& rows, const Settings& settings) {
  if (rows.days) return std::chrono::days(settings.*rows.days);
  return rows.kept ? settings.*rows.kept : 0s;
}

/// A batch of each kind in turn, so that a backlog of one holds up no other. False where a bound
/// came first.
bool delete_expired(db::Connection& connection, const Settings& settings, const Budget& budget,
                    Cleanup& done) {
  std::vector<Expiring> left(expiring.begin(), expiring.end());
  for (const Expiring& rows : left) done.deleted[rows.kind] = 0;
  while (!left.empty()) {
    std::vector<Expiring> full;
    for (const Expiring& rows : left) {
      if (!budget.allows(done.batches)) return false;
      const std::int64_t deleted =
          store::delete_batch_of(connection, rows.kind, kept(rows, settings), batch_rows);
      ++done.batches;
      done.deleted[rows.kind] += deleted;
      if (deleted == batch_rows) full.push_back(rows);
    }
    left = std::move(full);
  }
  return true;
}

/// False where a bound came first.
bool tell_of_ends(db::Connection& connection, const Settings& settings, const Clock& clock,
                  const Budget& budget, Cleanup& done) {
  while (budget.allows(done.batches)) {
    const std::int64_t told =
        tell_expiring_secrets(connection, settings.secret_expiry_notice, batch_rows, clock.now());
    done.secrets_told += told;
    if (told < batch_rows) return true;
  }
  return false;
}

bool drop_partitions(db::Connection& connection, const Settings& settings, const Clock& clock,
                     const Budget& budget, bool patient, Cleanup& done) {
  for (int attempts = patient ? drop_attempts : 1; budget.allows(0);) {
    switch (store::drop_partition(connection, settings, clock.now())) {
      case store::Drop::none_due:
        return true;
      case store::Drop::dropped:
        ++done.partitions_dropped;
        break;
      case store::Drop::busy:
        if (--attempts == 0) return false;
        std::this_thread::sleep_for(drop_pause);
    }
  }
  return false;
}

}  // namespace

Cleanup clean_up(db::Connection& connection, const Settings& settings, const Clock& clock,
                 std::optional<CleanupBounds> bounds) {
  const auto start = std::chrono::steady_clock::now();
  Cleanup done;
  const Budget budget(bounds);
  // First, because a journal without today's partition stops every function; and partitions before
  // rows, because the seals of their days follow them.
  done.partitions_made = store::ensure_partitions(connection, partition_days);
  const bool dropped = drop_partitions(connection, settings, clock, budget, !bounds, done);
  const bool deleted = delete_expired(connection, settings, budget, done);
  const bool told = tell_of_ends(connection, settings, clock, budget, done);
  done.complete = dropped && deleted && told;
  done.took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - start);
  return done;
}

}  // namespace gatehouse::services
