#include "audit/chain.h"

#include "audit/merkle.h"

namespace gatehouse::audit {
namespace {

std::string name_of(std::int64_t seq, std::string_view tenant_id) {
  return "seal " + std::to_string(seq) + " of " + trail_name(tenant_id);
}

std::vector<crypto::Digest> leaves_of(std::span<const Row> rows) {
  std::vector<crypto::Digest> leaves;
  leaves.reserve(rows.size());
  for (const Row& row : rows) leaves.push_back(row.leaf());
  return leaves;
}

bool genuine(const Seal& seal, const store::Listed& listed) {
  return listed.ids.size() == listed.leaves.size() && std::ssize(listed.leaves) == seal.rows &&
         merkle_root(listed.leaves) == seal.root;
}

}  // namespace

std::string trail_name(std::string_view tenant_id) {
  return tenant_id.empty() ? "the platform" : "tenant " + std::string(tenant_id);
}

std::optional<Seal> Chain::next(const store::StoredSeal& stored, Findings& findings) {
  const std::string name = name_of(stored.seq, stored.tenant_id);
  const crypto::Digest hash = seal_hash(stored.jws);
  const bool begins = first_ == 0;
  if (begins) first_ = stored.seq;
  const bool whole = part_ == Part::whole && first_ == 1, follows = !begins || whole;
  if (part_ != Part::trail && !begins && stored.seq != seq_ + 1) {
    for (std::int64_t seq = seq_ + 1; seq < stored.seq && seq < seq_ + 100; ++seq) {
      findings.add("seal " + std::to_string(seq) + " is missing");
    }
  }
  const bool neighbours = follows && stored.seq == seq_ + 1;
  seq_ = stored.seq;
  const crypto::Digest before = std::exchange(hash_, hash);

  const auto seal = open_seal(stored.jws, keys_);
  if (!seal || seal->seq != stored.seq || seal->tenant_id != stored.tenant_id) {
    findings.add(name + " was changed: it is none that was signed here");
    by_tenant_.erase(stored.tenant_id);
    return std::nullopt;
  }
  if (replaced_.contains(seal->kid)) findings.add(name + " is of a key that had been replaced");
  if (seal->kid != kid_) replaced_.insert(std::exchange(kid_, seal->kid));
  if (neighbours && seal->before != before) {
    findings.add(name + " does not continue the seal before it");
  }
  const auto chained = by_tenant_.find(seal->tenant_id);
  const bool linked = chained == by_tenant_.end() ? !whole || seal->previous == crypto::Digest{}
                                                  : seal->previous == chained->second;
  if (!linked) findings.add(name + " does not continue the seal of its trail before it");
  by_tenant_[seal->tenant_id] = hash;

  const bool same_batch = seal->from_xid == from_xid_ && seal->to_xid == to_xid_;
  if (neighbours && !same_batch && seal->from_xid != to_xid_) {
    findings.add(name + " leaves transactions out");
  }
  from_xid_ = seal->from_xid;
  to_xid_ = seal->to_xid;
  return seal;
}

bool matches(const Seal& seal, std::span<const Row> rows) {
  return std::ssize(rows) == seal.rows && merkle_root(leaves_of(rows)) == seal.root;
}

void compare_rows(const Seal& seal, std::span<const Row> rows, const store::Listed& listed,
                  bool may_lack, Findings& findings) {
  if (matches(seal, rows)) return;
  const std::string where = " (" + name_of(seal.seq, seal.tenant_id) + ")";
  if (!genuine(seal, listed)) {
    findings.add("rows of " + name_of(seal.seq, seal.tenant_id) +
                 " are not what was sealed, and its list of rows was changed or is not here");
    return;
  }
  std::multimap<std::string_view, const crypto::Digest*> sealed;
  for (std::size_t index = 0; index < listed.ids.size(); ++index) {
    sealed.emplace(listed.ids[index], &listed.leaves[index]);
  }
  for (const Row& row : rows) {
    const auto found = sealed.find(row.id);
    if (found == sealed.end()) {
      findings.add("row " + row.id + " was inserted" + where);
      continue;
    }
    if (*found->second != row.leaf()) findings.add("row " + row.id + " was changed" + where);
    sealed.erase(found);
  }
  if (may_lack) return;
  for (const std::string& id : listed.ids) {
    if (sealed.contains(id)) findings.add("row " + id + " is missing" + where);
  }
}

}  // namespace gatehouse::audit
