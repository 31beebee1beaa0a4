#include "audit/refusals.h"

#include <algorithm>
#include <utility>

#include "audit/partitions.h"
#include "core/ids.h"
#include "core/log.h"
#include "json/write.h"

namespace gatehouse::audit {
namespace {

constexpr std::size_t most_different = 500, most_of_trail = 100, most_at_once = 50;
constexpr std::chrono::seconds span{10};

// Not COPY, which row-level security excludes.
constexpr db::Statement insert_refusals{
    "audit_insert_refusals",
    "INSERT INTO sys_audit_logs (id, at, tenant_id, event, outcome, reason, actor_kind, actor_id,"
    " source_ip, route, resource_type, resource_id, detail, trace_id, request_id)"
    " SELECT id, at, tenant_id, event, 'failure', reason, actor_kind, actor_id, source_ip, route,"
    " resource_type, resource_id, detail, trace_id, request_id FROM json_to_recordset($1::json) AS"
    " r (id text, at timestamptz, tenant_id text, event text, reason text, actor_kind text,"
    " actor_id text, source_ip text, route text, resource_type text, resource_id text,"
    " detail jsonb, trace_id text, request_id text)"};

void optional(json::Writer& out, std::string_view name, std::string_view text) {
  out.key(name);
  text.empty() ? out.null() : out.string(text);
}

}  // namespace

void Refusals::add(const Refusal& refusal) {
  const Subject& subject = refusal.subject;
  const std::string& tenant =
      subject.tenant_id.empty() ? refusal.actor.tenant_id : subject.tenant_id;
  Key key{.tenant_id = tenant,
          .code = std::string(refusal.code),
          .reason = std::string(refusal.reason),
          .actor_kind = std::string(actor_kind(refusal.actor)),
          .actor_id = refusal.actor.id(),
          .remote_address = std::string(refusal.remote_address),
          .method = std::string(refusal.method),
          .route = std::string(refusal.route),
          .resource_type = subject.resource_type,
          .resource_id = subject.resource_id};
  std::lock_guard lock(mutex_);
  entries_.add(std::move(key), Entry{.at = refusal.at,
                                     .id = make_id("aud_", refusal.at),
                                     .trace_id = std::string(refusal.trace_id),
                                     .request_id = std::string(refusal.request_id)});
}

void Refusals::Entries::add(Key key, Entry entry) {
  auto found = by_key.find(key);
  const auto trail = of_trail.find(key.tenant_id);
  const bool trail_full = trail != of_trail.end() && trail->second >= most_of_trail;
  if (found == by_key.end() && !key.others && (trail_full || by_key.size() >= most_different)) {
    Key others;
    if (trail_full) others.tenant_id = std::move(key.tenant_id);
    others.code = std::move(key.code);
    others.reason = std::move(key.reason);
    others.actor_kind = "anonymous";
    others.others = true;
    key = std::move(others);
    found = by_key.find(key);
  }
  if (found != by_key.end()) {
    found->second.count += entry.count;
    return;
  }
  if (!key.others) ++of_trail[key.tenant_id];
  by_key.emplace(std::move(key), std::move(entry));
}

Refusals::Entries Refusals::take_due() {
  std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  const std::size_t waiting = entries_.by_key.size();
  if (waiting == 0) return {};
  if (now >= span_ends_) {
    span_ends_ = now + span;
    left_ = most_at_once;
  } else if (waiting > left_ && !finishing_) {
    return {};
  }
  left_ -= std::min(waiting, left_);
  return std::exchange(entries_, {});
}

void Refusals::flush(db::Connection& connection) {
  Entries entries = take_due();
  if (entries.by_key.empty()) return;
  try {
    with_partitions(connection, [&] {
      connection.write(db::Scope::none(), insert_refusals, {rows_of(entries)});
    });
  } catch (const db::StatementError& error) {
    log::error("refusals_not_recorded", {{"what", std::string_view(error.what())}});
  } catch (...) {
    std::lock_guard lock(mutex_);
    // Those that came meanwhile, within the same bounds.
    for (auto& [key, entry] : entries_.by_key) entries.add(key, std::move(entry));
    entries_ = std::move(entries);
    span_ends_ = {};
    throw;
  }
}

std::string Refusals::rows_of(const Entries& entries) {
  json::Writer out;
  out.begin_array();
  for (const auto& [key, entry] : entries.by_key) {
    out.begin_object().member("id", entry.id).member("at", db::timestamp_text(entry.at));
    optional(out, "tenant_id", key.tenant_id);
    out.member("event", key.code).member("reason", key.reason).member("actor_kind", key.actor_kind);
    optional(out, "actor_id", key.actor_id);
    optional(out, "source_ip", key.remote_address);
    optional(out, "route", key.route);
    optional(out, "resource_type", key.resource_type);
    optional(out, "resource_id", key.resource_id);
    out.key("detail").begin_object();
    if (!key.method.empty()) out.member("method", key.method);
    if (entry.count > 1) out.member("count", entry.count);
    if (key.others) out.member("others", true);
    out.end_object();
    optional(out, "trace_id", entry.trace_id);
    optional(out, "request_id", entry.request_id);
    out.end_object();
  }
  out.end_array();
  return out.take();
}

}  // namespace gatehouse::audit
