#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "audit/row.h"
#include "audit/seal.h"
#include "audit/seal_store.h"
#include "jose/jws.h"

namespace gatehouse::audit {

/// What is wrong, one line each, in the order in which it was found. Keeps the first 100 and counts
/// all.
class Findings {
 public:
  void add(std::string what) {
    ++count_;
    if (texts_.size() < 100) texts_.push_back(std::move(what));
  }
  std::int64_t count() const { return count_; }
  const std::vector<std::string>& texts() const { return texts_; }
  bool empty() const { return texts_.empty(); }

 private:
  std::vector<std::string> texts_;
  std::int64_t count_ = 0;
};

/// Follows seals in the order of their seq and adds what is wrong with them: a signature that is
/// none of ours or of one that had been replaced, a gap, a seal that does not continue the one
/// before.
class Chain {
 public:
  /// Which seals come by: all that are still there, all from somewhere on, or those of one tenant,
  /// of which only the links within its own trail can be checked.
  enum class Part { whole, tail, trail };
  Chain(const jose::KeySet& keys, Part part) : keys_(keys), part_(part) {}

  /// What the seal says; none where it cannot be believed.
  std::optional<Seal> next(const store::StoredSeal& stored, Findings& findings);

  /// The seq with which it began; more than 1 where those before have been cleaned up, or were cut
  /// off: whoever knows for how long they are kept can tell. 0 before any.
  std::int64_t first() const { return first_; }

 private:
  const jose::KeySet& keys_;
  const Part part_;
  std::int64_t first_ = 0, seq_ = 0;
  crypto::Digest hash_{};
  std::int64_t from_xid_ = 0, to_xid_ = 0;
  std::map<std::string, crypto::Digest> by_tenant_;
  std::string kid_;
  std::set<std::string> replaced_;  ///< keys that signed before kid_
};

/// Compares the rows that are there with what the seal says, and names those that were changed,
/// inserted or are missing where `listed` (see store::listed_rows; may be empty) is genuine.
/// `may_lack`: rows may have been dropped since, as the days that the trail is kept are over.
void compare_rows(const Seal& seal, std::span<const Row> rows, const store::Listed& listed,
                  bool may_lack, Findings& findings);

/// Whether they are exactly what was sealed; costs less than compare_rows.
bool matches(const Seal& seal, std::span<const Row> rows);

/// `the platform`, or `tenant tnt_...`.
std::string trail_name(std::string_view tenant_id);

}  // namespace gatehouse::audit
