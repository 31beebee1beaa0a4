#include "session.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "core/ids.h"
#include "core/trace.h"
#include "outbox/change.h"

namespace gatehouse::cli {
namespace {

// Somebody waits in front of it, no request does.
constexpr std::chrono::milliseconds patience{15000};

constexpr db::Statement insert_event{
    "cli_insert_event",
    "INSERT INTO sys_audit_logs (id, at, tenant_id, event, outcome, actor_kind, actor_id, route,"
    " resource_type, resource_id, detail, trace_id) VALUES ($1, $2, nullif($3, ''), $4, 'success', "
    "'operator', $5, 'cli', $6, $7, $8::jsonb, $9)"};

// The functions make them day by day; a database may be changed that none has served for weeks.
constexpr db::Statement ensure_partitions{"cli_ensure_partitions",
                                          "SELECT journal_partitions_ensure(1)"};

db::ConnectionOptions options_for(const Settings& settings, std::string_view role) {
  auto options = db::connection_options(settings, "gatehouse_" + std::string(role));
  options.timeout = patience;
  return options;
}

std::string user_name(uid_t id) {
  const passwd* entry = getpwuid(id);
  return entry ? entry->pw_name : "uid " + std::to_string(id);
}

}  // namespace

Session::Session(const Environment& environment, std::string_view role)
    : settings(
          load_settings(environment.config, [](const char* name) { return std::getenv(name); })),
      now(SystemClock().now()),
      connection(options_for(settings, role)) {}

std::string operator_name() {
  const std::string me = user_name(getuid());
  // sudo's variable only adds to what the kernel says: whoever may forge it is that user already.
  const char* behind = std::getenv("SUDO_USER");
  std::string name =
      behind && *behind ? std::string(behind).substr(0, 64) + " (as " + me + ")" : me;
  std::ranges::replace_if(
      name, [](unsigned char c) { return c < 0x20 || c > 0x7e; }, '?');
  return name;
}

void record(db::Transaction& transaction, const Change& change, Time now) {
  static const std::string trace_id = make_trace_id();  // one command, one trace
  transaction.queue(ensure_partitions);
  transaction.queue(insert_event,
                    {make_id("aud_", now), now, change.tenant_id, change.event, operator_name(),
                     change.resource_type, change.resource_id, change.detail, trace_id});
  if (!change.told) return;
  // Who the operator is concerns nobody else.
  outbox::publish(transaction,
                  outbox::Change{.type = change.event,
                                 .tenant_id = change.tenant_id,
                                 .resource_type = change.resource_type,
                                 .resource_id = change.resource_id,
                                 .actor_kind = "operator",
                                 .actor_id = {},
                                 .detail = change.detail,
                                 .trace_id = trace_id},
                  now);
}

}  // namespace gatehouse::cli
