#include "audit/verify.h"

#include <algorithm>

#include "audit/seal_file.h"

namespace gatehouse::audit {
namespace {

using store::StoredSeal;

constexpr int seals_at_once = 500;

/// The seals of one batch: they share their range.
using Batch = std::vector<Seal>;

/// What one seal of a batch covers: a tenant's rows of a day.
using Part = std::pair<std::string_view, std::string_view>;

class Verifier {
 public:
  Verifier(db::Connection& connection, const jose::KeySet& keys, const Verification& asked)
      : connection_(connection), keys_(keys), asked_(asked), chain_(keys, Chain::Part::whole) {
    // Also those of the day that ends while this runs.
    const Time kept_from = asked.now - std::chrono::days(asked.audit_days - 1);
    kept_from_ = second_of(std::chrono::floor<std::chrono::days>(kept_from));
    if (asked.since) since_ = second_of(*asked.since);
  }

  Report run() {
    // Before the seals: what is appended meanwhile is in the database already.
    SealLines filed;
    if (!asked_.seal_file.empty()) filed = read_seal_file(asked_.seal_file);
    walk_seals(filed.seals);
    if (!asked_.seal_file.empty()) check_file(filed);
    report_.unsealed = store::count_from(connection_, sealed_to_, asked_.tenant_id);
    return std::move(report_);
  }

 private:
  void walk_seals(const std::vector<StoredSeal>& filed) {
    Batch batch;
    std::int64_t after = 0;
    for (;;) {
      const auto seals = store::seals_after(connection_, after, seals_at_once);
      for (const StoredSeal& stored : seals) {
        after = stored.seq;
        ++report_.seals;
        auto seal = chain_.next(stored, report_.findings);
        if (report_.seals == 1) check_beginning(stored.seq, seal);
        compare_with_file(stored, filed);
        if (!seal) continue;
        if (!batch.empty() && batch.front().from_xid != seal->from_xid) check_batch(batch);
        batch.push_back(*std::move(seal));
      }
      if (std::ssize(seals) < seals_at_once) break;
    }
    check_batch(batch);
  }

  /// Whether rows of that moment may have left: their day is over, and its partition is not there.
  bool may_lack(std::string_view at) {
    if (at >= kept_from_) return false;
    // Days leave the oldest first, also while this runs.
    if (at >= begins_) begins_ = store::trail_begins(connection_);
    return at < begins_;
  }

  /// Whether it may have been cleaned up with its rows. Whoever adds a row chooses its day, but not
  /// when it is sealed; no seal before this one was made later.
  bool may_leave(const Seal& seal) { return seal.sealed_at < kept_from_ && may_lack(seal.to_at); }

  /// The newest seal that may leave stays, and the others that are there continue it.
  void check_beginning(std::int64_t seq, const std::optional<Seal>& seal) {
    if (seq == 1 || !seal) return;
    cleaned_up_ = may_leave(*seal);
    if (!cleaned_up_) {
      report_.findings.add("seal 1 is missing, and all up to seal " + std::to_string(seq));
    }
    for (const Row& row : read_rows(connection_, 0, seal->from_xid, asked_.tenant_id)) {
      report_.findings.add("row " + row.id + " of " + trail_name(row.tenant_id) +
                           " is in no seal, though all of its time are sealed");
    }
  }

  /// All rows of the range, so that rows of a trail that has no seal in it are found too.
  void check_batch(Batch& batch) {
    const Batch seals = std::exchange(batch, {});
    if (seals.empty()) return;
    sealed_to_ = std::max(sealed_to_, seals.front().to_xid);
    const std::string& latest = std::ranges::max(seals, {}, &Seal::to_at).to_at;
    if (latest < since_) return;
    const std::vector<Row> rows =
        read_rows(connection_, seals.front().from_xid, seals.front().to_xid, asked_.tenant_id);
    report_.rows += std::ssize(rows);
    std::span<const Row> rest(rows);
    std::map<Part, std::span<const Row>> parts;
    while (!rest.empty()) {
      const Part part(rest.front().tenant_id, rest.front().day());
      const auto end = std::ranges::find_if(
          rest, [&](const Row& row) { return Part(row.tenant_id, row.day()) != part; });
      const auto size = static_cast<std::size_t>(end - rest.begin());
      parts[part] = rest.first(size);
      rest = rest.subspan(size);
    }
    for (const Seal& seal : seals) {
      if (asked_.tenant_id && *asked_.tenant_id != seal.tenant_id) continue;
      const auto found = parts.extract(Part(seal.tenant_id, seal.day()));
      check_seal(seal, found ? found.mapped() : std::span<const Row>());
    }
    for (const auto& [part, unknown] : parts) {
      report_.findings.add("row " + unknown.front().id + " of " + trail_name(part.first) +
                           " is in no seal, though all of its time are sealed");
    }
  }

  void check_seal(const Seal& seal, std::span<const Row> rows) {
    if (matches(seal, rows)) return;
    const bool gone = may_lack(seal.to_at);
    const auto listed = store::listed_rows(connection_, seal.seq);
    compare_rows(seal, rows, listed, gone, report_.findings);
    if (gone) report_.expired += std::max<std::int64_t>(0, seal.rows - std::ssize(rows));
  }

  /// Lines stand in the order of seq, so that one pass over both is enough.
  void compare_with_file(const StoredSeal& stored, const std::vector<StoredSeal>& filed) {
    for (; at_ < filed.size() && filed[at_].seq < stored.seq; ++at_) {
      if (!was_cleaned_up(filed[at_])) missing(filed[at_]);
    }
    if (at_ == filed.size() || filed[at_].seq != stored.seq) return;
    if (filed[at_].jws != stored.jws) {
      report_.findings.add("seal " + std::to_string(stored.seq) +
                           " in the database is another than the one in the file");
    }
    ++at_;
  }

  bool was_cleaned_up(const StoredSeal& filed) {
    if (filed.seq >= chain_.first() || !cleaned_up_) return false;
    const auto seal = open_seal(filed.jws, keys_);
    return seal && seal->seq == filed.seq && may_leave(*seal);
  }

  void missing(const StoredSeal& filed) {
    report_.findings.add("seal " + std::to_string(filed.seq) + " of " +
                         trail_name(filed.tenant_id) +
                         " is in the file and not in the database: the trail was cut");
  }

  void check_file(const SealLines& filed) {
    report_.filed = std::ssize(filed.seals);
    for (; at_ < filed.seals.size(); ++at_) missing(filed.seals[at_]);
    for (const std::size_t line : filed.strange) {
      report_.findings.add("line " + std::to_string(line) + " of the seal file is no seal");
    }
    for (std::size_t index = 1; index < filed.seals.size(); ++index) {
      const std::int64_t expected = filed.seals[index - 1].seq + 1;
      if (filed.seals[index].seq == expected) continue;
      report_.findings.add("seal " + std::to_string(expected) + " is missing in the seal file");
    }
    if (filed.seals.empty() && report_.seals > 0) {
      report_.findings.add("the seal file is empty, though there are seals");
    }
  }

  db::Connection& connection_;
  const jose::KeySet& keys_;
  const Verification& asked_;
  Chain chain_;
  Report report_;
  std::string kept_from_, since_;
  std::string begins_;       ///< the trail's oldest day
  bool cleaned_up_ = false;  ///< the seals before the first that is there were rightly removed
  std::int64_t sealed_to_ = 0;
  std::size_t at_ = 0;  ///< in the file's seals
};

}  // namespace

Report verify_trail(db::Connection& connection, const jose::KeySet& keys,
                    const Verification& asked) {
  return Verifier(connection, keys, asked).run();
}

}  // namespace gatehouse::audit
