#include "outbox/change.h"

#include "core/encoding.h"
#include "outbox/event.h"

namespace gatehouse::outbox {
namespace {

void append_member(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  out += out.empty() ? '{' : ',';
  append_json_string(out, name);
  out += ':';
  append_json_string(out, text);
}

}  // namespace

std::string describe(const Change& change) {
  std::string data;
  append_member(data, "resource_type", change.resource_type);
  append_member(data, "resource_id", change.resource_id);
  append_member(data, "actor_kind", change.actor_kind);
  append_member(data, "actor_id", change.actor_id);
  if (change.detail == "{}") return data + '}';
  return data.append(",").append(change.detail.substr(1));
}

std::string publish(db::Transaction& transaction, const Change& change, Time now) {
  return publish(transaction,
                 {.type = change.type,
                  .tenant_id = change.tenant_id,
                  .data = describe(change),
                  .trace_id = change.trace_id},
                 now);
}

}  // namespace gatehouse::outbox
