#include "services/cleanup.h"

#include "core/time.h"
#include "services/store.h"

namespace gatehouse::services {
namespace {

constexpr int batch_rows = 1000;
constexpr int partition_days = 7;

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

}  // namespace

Cleanup clean_up(db::Connection& connection, const Settings& settings,
                 std::optional<CleanupBounds> bounds) {
  Cleanup done;
  const Budget budget(bounds);
  // First, because a journal without today's partition stops every function.
  done.partitions_made = store::ensure_partitions(connection, partition_days);

  bool more = true;
  while (more && budget.allows(done.batches)) {
    const auto batch = store::delete_expired(connection, batch_rows);
    if (!batch) return done;
    ++done.batches;
    done.sessions += batch->sessions;
    done.one_time_tokens += batch->one_time_tokens;
    done.tenant_keys += batch->tenant_keys;
    done.service_secrets += batch->service_secrets;
    done.signing_keys += batch->signing_keys;
    done.kept_answers += batch->kept_answers;
    more = batch->full;
  }

  bool drops = true;
  while (drops && budget.allows(0)) {
    const std::int64_t dropped = store::drop_partitions(connection, settings);
    done.partitions_dropped += dropped;
    drops = dropped > 0;
  }
  done.complete = !more && !drops;
  return done;
}

}  // namespace gatehouse::services
