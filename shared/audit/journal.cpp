#include "audit/journal.h"

#include "audit/partitions.h"
#include "core/log.h"

namespace gatehouse::audit {
namespace {

/// Longer values are the caller's own invention and would be kept for weeks.
constexpr std::size_t longest_text = 256;

/// One COPY line, field by field.
class Line {
 public:
  Line() { text_.reserve(256); }
  Line& text(std::string_view value) {
    separate();
    db::copy_field(text_, value.substr(0, longest_text));
    return *this;
  }
  Line& optional(std::string_view value) {
    if (!value.empty()) return text(value);
    separate();
    text_ += "\\N";
    return *this;
  }
  /// Cut between characters, and only kept where it is UTF-8: a header may hold any bytes.
  Line& untrusted(std::string_view value) {
    value = value.substr(0, longest_text);
    while (!value.empty() && (static_cast<unsigned char>(value.back()) & 0xC0U) == 0x80U) {
      value.remove_suffix(1);
    }
    if (!value.empty() && static_cast<unsigned char>(value.back()) >= 0xC0U) value.remove_suffix(1);
    return text(valid_utf8(value) ? value : "(not UTF-8)");
  }
  Line& time(Time value) { return text(db::timestamp_text(value)); }
  std::string_view end() { return text_ += '\n'; }

 private:
  void separate() {
    if (!text_.empty()) text_ += '\t';
  }
  std::string text_;
};

}  // namespace

bool Journal::append(std::string_view line) {
  std::lock_guard lock(mutex_);
  if (count_ >= capacity_) return false;
  lines_ += line;
  ++count_;
  return true;
}

void Journal::flush(db::Connection& connection) {
  std::string lines;
  std::size_t count = 0;
  {
    std::lock_guard lock(mutex_);
    lines.swap(lines_);
    std::swap(count, count_);
  }
  if (lines.empty()) return;
  try {
    with_partitions(connection, [&] { connection.copy(target_, lines); });
  } catch (const db::StatementError&) {
    write_one_by_one(connection, lines);
  } catch (...) {
    std::lock_guard lock(mutex_);
    lines_.insert(0, lines);
    count_ += count;
    throw;
  }
}

// One row that PostgreSQL refuses must not hold up the others for ever.
void Journal::write_one_by_one(db::Connection& connection, std::string_view lines) {
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n') + 1);
    lines.remove_prefix(line.size());
    try {
      connection.copy(target_, line);
    } catch (const db::StatementError& error) {
      log::error("journal_row_refused", {{"what", std::string_view(error.what())}});
    }
  }
}

Journals::Journals(std::size_t capacity)
    : access_(
          "access_log (at, client_id, tenant_id, endpoint, method, status_code, response_time_ms,"
          " ip_address, user_agent, trace_id)",
          capacity),
      issuance_(
          "token_issuance (at, client_id, user_id, jti, kind, scope, expires_at, ip_address,"
          " trace_id)",
          capacity) {}

void Journals::access(const AccessRow& row) {
  const bool kept = access_.append(Line()
                                       .time(row.at)
                                       .text(row.client_id)
                                       .optional(row.tenant_id)
                                       .untrusted(row.endpoint)
                                       .text(row.method)
                                       .text(std::to_string(row.status))
                                       .text(std::to_string(row.took.count()))
                                       .text(row.remote_address)
                                       .untrusted(row.user_agent)
                                       .text(row.trace_id)
                                       .end());
  if (!kept) log::warn("access_row_dropped", {{"trace_id", row.trace_id}});
}

void Journals::token_issued(const IssuanceRow& row) {
  const bool kept = issuance_.append(Line()
                                         .time(row.at)
                                         .optional(row.client_id)
                                         .optional(row.user_id)
                                         .text(row.jti)
                                         .text(row.kind)
                                         .text(row.scope)
                                         .time(row.expires_at)
                                         .text(row.remote_address)
                                         .text(row.trace_id)
                                         .end());
  if (!kept) throw db::Unavailable("the token journal is full");
}

void Journals::flush(db::Connection& connection) {
  issuance_.flush(connection);
  refusals_.flush(connection);
  access_.flush(connection);
}

}  // namespace gatehouse::audit
