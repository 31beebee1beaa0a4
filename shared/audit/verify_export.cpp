#include <string>

#include "audit/export.h"
#include "audit/seal_keys.h"
#include "core/encoding.h"
#include "json/parse.h"

namespace gatehouse::audit {
namespace {

/// The lines of one export, in their order.
class ExportVerifier {
 public:
  explicit ExportVerifier(const jose::KeySet& keys) : keys_(keys) {}

  Report run(std::istream& lines) {
    std::size_t number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      try {
        take(json::parse(line), number);
      } catch (const json::ParseError& error) {
        add(number, std::string("is no JSON: ") + error.what());
      }
    }
    finish_seal();
    if (!ended_) report_.findings.add("the export has no end: lines are missing");
    return std::move(report_);
  }

 private:
  void add(std::size_t number, const std::string& what) {
    report_.findings.add("line " + std::to_string(number) + " " + what);
  }

  static std::string text(const json::Value& line, std::string_view name) {
    const json::Value* member = line.find(name);
    return member == nullptr ? std::string() : member->as_string();
  }
  static std::int64_t integer(const json::Value& line, std::string_view name) {
    const json::Value* member = line.find(name);
    return member == nullptr ? -1 : member->as_integer().value_or(-1);
  }

  void take(const json::Value& line, std::size_t number) {
    const std::string type = text(line, "type");
    if (ended_) return add(number, "stands behind the end");
    if (number == 1) return begin(line);
    if (type == "key") {
      keys_ = with_introduced(keys_, text(line, "introduction"));
      return;
    }
    if (type == "seal") return take_seal(line, number);
    if (type == "row") return take_row(line, number);
    if (type == "end") return end(line, number);
    add(number, "is of no known type");
  }

  void begin(const json::Value& line) {
    if (text(line, "type") != "export" || integer(line, "version") != 1) {
      return add(1, "is not the first of an export that this version knows");
    }
    const json::Value* tenant = line.find("tenant_id");
    if (tenant != nullptr && tenant->is(json::Kind::string)) tenant_id_ = tenant->as_string();
    from_ = text(line, "from");
    to_ = text(line, "to");
    const auto part = tenant_id_      ? Chain::Part::trail
                      : from_.empty() ? Chain::Part::whole
                                      : Chain::Part::tail;
    chain_.emplace(keys_, part);
    report_.covers = tenant_id_ ? trail_name(*tenant_id_) : "all trails";
    if (!from_.empty()) report_.covers += " from " + from_;
    if (!to_.empty()) report_.covers += " to " + to_;
  }

  void check_trail(std::string_view tenant_id, std::size_t number) {
    if (tenant_id_ && tenant_id != *tenant_id_) {
      add(number, "is of " + trail_name(tenant_id) + ", which this export is not of");
    }
  }

  void take_seal(const json::Value& line, std::size_t number) {
    finish_seal();
    ++report_.seals;
    if (!chain_) return;
    const store::StoredSeal stored{integer(line, "seq"), text(line, "tenant_id"),
                                   text(line, "seal")};
    check_trail(stored.tenant_id, number);
    seal_ = chain_->next(stored, report_.findings);
    seq_ = stored.seq;
  }

  void take_row(const json::Value& line, std::size_t number) {
    const json::Value* object = line.find("row");
    if (object == nullptr) return add(number, "holds no row");
    Row row = row_of(*object);
    ++report_.rows;
    if (to_hex(row.leaf()) != text(line, "leaf")) {
      add(number, "holds the row " + row.id + ", which was changed");
    }
    const json::Value* seal = line.find("seal");
    if (seal != nullptr && seal->is(json::Kind::null)) {
      ++report_.unsealed;
      return check_trail(row.tenant_id, number);
    }
    if (!seq_ || integer(line, "seal") != *seq_) {
      return add(number, "holds the row " + row.id + ", which stands with another seal");
    }
    rows_.push_back(std::move(row));
  }

  void end(const json::Value& line, std::size_t number) {
    finish_seal();
    ended_ = true;
    if (integer(line, "seals") != report_.seals || integer(line, "rows") != report_.rows) {
      add(number, "counts other seals and rows than there are");
    }
  }

  void finish_seal() {
    const bool left_out = !tenant_id_ && seal_ && rows_.empty() && !seal_->touches(from_, to_);
    if (seal_ && !left_out && !matches(*seal_, rows_)) {
      report_.findings.add("rows of seal " + std::to_string(seal_->seq) + " of " +
                           trail_name(seal_->tenant_id) + ", " + std::to_string(seal_->rows) +
                           " from " + seal_->from_at + " to " + seal_->to_at +
                           ", are not those that were sealed" + nearest());
    }
    seal_.reset();
    rows_.clear();
    seq_.reset();
  }

  /// An export has no list of what was sealed; the rows that are there narrow it down.
  std::string nearest() const {
    if (rows_.empty()) return ": none is here";
    if (std::ssize(rows_) == seal_->rows) return ": one of them was changed or exchanged";
    const bool fewer = std::ssize(rows_) < seal_->rows;
    return ": " + std::to_string(rows_.size()) + " are here, " +
           (fewer ? "some are missing" : "some were inserted");
  }

  jose::KeySet keys_;  ///< those that are trusted, and whom they introduced
  std::optional<Chain> chain_;
  std::optional<Seal> seal_;
  std::vector<Row> rows_;
  std::optional<std::int64_t> seq_;  ///< of the seal whose rows follow
  std::optional<std::string> tenant_id_;
  std::string from_, to_;
  bool ended_ = false;
  Report report_;
};

}  // namespace

Report verify_export(std::istream& lines, const jose::KeySet& keys) {
  return ExportVerifier(keys).run(lines);
}

}  // namespace gatehouse::audit
