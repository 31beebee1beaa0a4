#include "audit/export.h"

#include <algorithm>
#include <limits>

#include "audit/seal_keys.h"
#include "core/encoding.h"
#include "json/write.h"

namespace gatehouse::audit {
namespace {

using store::StoredSeal;

constexpr int seals_at_once = 500, rows_at_once = 5000;

class Exporter {
 public:
  Exporter(db::Connection& connection, const jose::KeySet& keys, const ExportAsked& asked,
           const std::function<void(std::string_view)>& write)
      : connection_(connection), keys_(keys), asked_(asked), write_(write) {
    if (asked.from) from_ = second_of(*asked.from);
    if (asked.to) to_ = second_of(*asked.to);
  }

  Exported run() {
    begin_with_what_is_left();
    head();
    for (const std::string& introduction : read_introductions(connection_)) {
      json::Writer out;
      out.begin_object().member("type", "key").member("introduction", introduction).end_object();
      line(out);
    }
    std::int64_t after = 0, sealed_to = 0;
    for (bool more = true; more;) {
      const auto seals = store::seals_after(connection_, after, seals_at_once);
      more = std::ssize(seals) == seals_at_once;
      for (const StoredSeal& stored : seals) {
        after = stored.seq;
        const auto seal = open_seal(stored.jws, keys_);
        if (seal) sealed_to = std::max(sealed_to, seal->to_xid);
        if (asked_.tenant_id && *asked_.tenant_id != stored.tenant_id) continue;
        const bool wanted = !seal || seal->touches(from_, to_);
        if (wanted) write_skipped(stored.seq);
        if (!seal)
          write_seal(stored);  // for whoever verifies to find
        else if (wanted)
          whole(stored, *seal);
        if (wanted) last_ = stored.seq;
      }
    }
    unsealed(sealed_to);
    json::Writer end;
    end.begin_object()
        .member("type", "end")
        .member("seals", done_.seals)
        .member("rows", done_.rows);
    end.end_object();
    line(end);
    return done_;
  }

 private:
  void begin_with_what_is_left() {
    const auto first = store::seals_after(connection_, 0, 1);
    if (first.empty()) return;
    const std::string begins = store::trail_begins(connection_);
    const auto seal = open_seal(first.front().jws, keys_);
    const bool whole = first.front().seq == 1 && (!seal || seal->to_at >= begins);
    if (!whole) from_ = std::max(from_, begins);
  }

  void head() {
    json::Writer out;
    out.begin_object().member("type", "export").member("version", 1);
    const auto optional = [&](std::string_view name, bool there, std::string_view text) {
      out.key(name);
      there ? out.string(text) : out.null();
    };
    optional("tenant_id", asked_.tenant_id.has_value(), asked_.tenant_id.value_or(""));
    optional("from", !from_.empty(), from_);
    optional("to", !to_.empty(), to_);
    out.member("created_at", iso8601(asked_.now)).end_object();
    line(out);
  }

  /// Those since the last one that was wanted; with a beginning, none before the first one.
  void write_skipped(std::int64_t until) {
    if (asked_.tenant_id || (last_ == 0 && !from_.empty())) return;
    while (last_ + 1 < until) {
      for (const StoredSeal& skipped : store::seals_after(connection_, last_, seals_at_once)) {
        if (skipped.seq >= until) return;
        write_seal(skipped);
        last_ = skipped.seq;
      }
    }
  }

  void whole(const StoredSeal& stored, const Seal& seal) {
    write_seal(stored);
    for (const Row& row :
         read_rows(connection_, seal.from_xid, seal.to_xid, std::optional(seal.tenant_id))) {
      if (row.day() == seal.day()) write_row(row, stored.seq);
    }
  }

  /// Where nobody has ever sealed, these are many.
  void unsealed(std::int64_t from) {
    constexpr std::int64_t end = std::numeric_limits<std::int64_t>::max();
    while (from != end) {
      db::Transaction transaction(connection_, db::Scope::platform());
      const std::int64_t to = store::batch_end(transaction, from, end, rows_at_once);
      for (const Row& row : read_rows(transaction, from, to)) {
        if (asked_.tenant_id && *asked_.tenant_id != row.tenant_id) continue;
        if (row.at >= from_ && (to_.empty() || row.at < to_)) write_row(row, std::nullopt);
      }
      from = to;
    }
  }

  void write_seal(const StoredSeal& stored) {
    json::Writer out;
    out.begin_object().member("type", "seal").member("seq", stored.seq).key("tenant_id");
    stored.tenant_id.empty() ? out.null() : out.string(stored.tenant_id);
    out.member("seal", stored.jws).end_object();
    line(out);
    ++done_.seals;
  }

  void write_row(const Row& row, std::optional<std::int64_t> seal) {
    json::Writer out;
    out.begin_object().member("type", "row").key("seal");
    seal ? out.integer(*seal) : out.null();
    out.member("leaf", to_hex(row.leaf())).key("row").raw(row.json).end_object();
    line(out);
    ++done_.rows;
  }

  void line(json::Writer& out) { write_(out.take() + '\n'); }

  db::Connection& connection_;
  const jose::KeySet& keys_;
  const ExportAsked& asked_;
  const std::function<void(std::string_view)>& write_;
  std::string from_, to_;
  std::int64_t last_ = 0;  ///< seq of the seal that was written last
  Exported done_;
};

}  // namespace

Exported export_trail(db::Connection& connection, const jose::KeySet& keys,
                      const ExportAsked& asked,
                      const std::function<void(std::string_view)>& write) {
  return Exporter(connection, keys, asked, write).run();
}

}  // namespace gatehouse::audit
