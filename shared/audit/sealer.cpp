#include "audit/sealer.h"

#include <algorithm>
#include <optional>

#include "audit/merkle.h"
#include "audit/seal_file.h"
#include "audit/seal_keys.h"
#include "audit/seal_store.h"

namespace gatehouse::audit {
namespace {

/// What one statement reads in a fraction of the statement time-out.
constexpr int batch_rows = 5000;
/// Inserts that are sent together.
constexpr std::size_t inserts_at_once = 200;
constexpr int filed_at_once = 500;

using store::StoredSeal;

/// The rows of one tenant and day within a batch.
using Group = std::span<const Row>;

std::vector<Group> groups_of(const std::vector<Row>& rows) {
  std::vector<Group> groups;
  for (auto begin = rows.begin(); begin != rows.end();) {
    const auto end = std::find_if(begin, rows.end(), [&](const Row& row) {
      return row.tenant_id != begin->tenant_id || row.day() != begin->day();
    });
    groups.emplace_back(begin, end);
    begin = end;
  }
  return groups;
}

class Sealer {
 public:
  Sealer(db::Connection& connection, const crypto::Keyring& keyring, const Clock& clock)
      : connection_(connection), keyring_(keyring), clock_(clock) {}

  enum class Outcome { sealed, nothing_left, busy };

  Outcome seal_batch(Sealing& done) {
    db::Transaction transaction(connection_, db::Scope::platform());
    if (!store::lock(transaction)) return Outcome::busy;
    // Under the lock: a key that has been replaced meanwhile must not sign again.
    keys_ = read_seal_keys(connection_, keyring_);
    if (!keys_.signer) {
      make_seal_key(transaction, keyring_, std::nullopt, clock_.now());
      transaction.commit();
      return Outcome::sealed;
    }
    const store::Horizon horizon = store::horizon(transaction);
    Seal seal = after(horizon);
    seal.to_xid = store::batch_end(transaction, seal.from_xid, horizon.xid, batch_rows);
    const std::vector<Row> rows = read_rows(transaction, seal.from_xid, seal.to_xid);
    if (rows.empty()) {
      done.waiting = store::count_from(connection_, seal.from_xid, std::nullopt);
      return Outcome::nothing_left;
    }
    const std::vector<Group> groups = groups_of(rows);
    insert(transaction, seal, groups);
    transaction.commit();
    done.seals += std::ssize(groups);
    done.rows += std::ssize(rows);
    return Outcome::sealed;
  }

 private:
  /// Where the seals go on: `seq` and `before` of the next one, and where its range begins.
  Seal after(const store::Horizon& horizon) const {
    Seal next;
    next.seq = 1;
    if (!horizon.last) return next;
    const auto last = open_seal(horizon.last->jws, keys_.verifying);
    if (!last || last->seq != horizon.last->seq) {
      throw SealsTampered("the newest seal in audit_seals is none that was made here");
    }
    if (horizon.xid < last->to_xid) {
      throw SealsTampered(
          "the database's transaction ids lie behind those that are sealed: it was "
          "restored from a dump; raise them with `pg_resetwal --epoch`");
    }
    next.seq = last->seq + 1;
    next.from_xid = last->to_xid;
    next.before = seal_hash(horizon.last->jws);
    return next;
  }

  /// `seal` is the first one's seq, range and link; on it goes from there.
  void insert(db::Transaction& transaction, Seal seal, const std::vector<Group>& groups) const {
    std::vector<std::string> tenants;
    for (const Group& group : groups) tenants.push_back(group.front().tenant_id);
    auto previous = store::last_seals(transaction, tenants);
    seal.sealed_at = iso8601(clock_.now());
    for (std::size_t index = 0; index < groups.size(); ++index) {
      const Group& rows = groups[index];
      std::vector<std::string> ids;
      std::vector<crypto::Digest> leaves;
      for (const Row& row : rows) {
        ids.push_back(row.id);
        leaves.push_back(row.leaf());
      }
      const auto [first, last] = std::ranges::minmax(rows, {}, &Row::at);
      const auto chained = previous.find(tenants[index]);
      seal.tenant_id = tenants[index];
      seal.from_at = first.at;
      seal.to_at = last.at;
      seal.rows = std::ssize(rows);
      seal.root = merkle_root(leaves);
      seal.previous = chained == previous.end() ? crypto::Digest{} : seal_hash(chained->second);
      const std::string jws = sign_seal(seal, *keys_.signer);
      const bool wait = (index + 1) % inserts_at_once == 0 || index + 1 == groups.size();
      store::insert(transaction, seal, jws, ids, leaves, wait);
      seal.before = seal_hash(jws);
      previous[seal.tenant_id] = jws;
      ++seal.seq;
    }
  }

  db::Connection& connection_;
  const crypto::Keyring& keyring_;
  const Clock& clock_;
  SealKeys keys_;
};

/// What was written last has to be what the database still has.
void compare(db::Connection& connection, const StoredSeal& filed) {
  const auto stored = store::find(connection, filed.seq);
  if (stored && stored->jws == filed.jws) return;
  throw SealsTampered("seal " + std::to_string(filed.seq) +
                      " of the file is not in the database: `gatehouse audit verify` tells more");
}

std::int64_t append_new(db::Connection& connection, SealFile& file) {
  std::int64_t appended = 0;
  for (;;) {
    const auto seals =
        store::seals_after(connection, file.last() ? file.last()->seq : 0, filed_at_once);
    file.append(seals);
    appended += std::ssize(seals);
    if (std::ssize(seals) < filed_at_once) return appended;
  }
}

}  // namespace

Sealing seal_trail(db::Connection& connection, const crypto::Keyring& keyring,
                   const std::string& path, const Clock& clock) {
  Sealing done;
  std::optional<SealFile> file;
  if (!path.empty()) {
    file.emplace(path);
    if (!file->locked()) return done;
    if (file->last()) compare(connection, *file->last());
    done.filed += append_new(connection, *file);
  }
  Sealer sealer(connection, keyring, clock);
  for (;;) {
    const auto outcome = sealer.seal_batch(done);
    if (file) done.filed += append_new(connection, *file);
    if (outcome == Sealer::Outcome::sealed) continue;
    done.complete = outcome == Sealer::Outcome::nothing_left;
    return done;
  }
}

}  // namespace gatehouse::audit
