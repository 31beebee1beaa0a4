#include "services/kill_switch.h"

#include "auth/kills.h"
#include "core/ids.h"
#include "http/input.h"
#include "http/input_errors.h"
#include "http/page.h"
#include "json/write.h"
#include "services/errors.h"

namespace gatehouse::services {
namespace {

using auth::KillTarget;
using http::Call;
using http::Response;

constexpr std::size_t id_limit = 64, reason_limit = 200;

/// As requests name it.
void write_target(json::Writer& out, std::string_view target) {
  if (target == auth::all_agents) {
    out.member("all", true);
  } else {
    out.member(target.starts_with("tnt_") ? "tenant_id" : "client_id", target);
  }
}

void write_kill(json::Writer& out, const auth::Kill& kill) {
  out.begin_object();
  write_target(out, kill.target);
  out.member("reason", kill.reason)
      .member("killed_by", kill.killed_by)
      .member("killed_at", iso8601(kill.killed_at))
      .end_object();
}

KillTarget require_target(db::Transaction& transaction, std::string_view target) {
  auto found = auth::find_kill_target(transaction, target);
  if (!found) {
    throw Failure(target.starts_with("tnt_") ? errors::tenant_not_found : errors::client_not_found);
  }
  if (found->kind == KillTarget::Kind::service) throw Failure(errors::not_an_agent);
  return *std::move(found);
}

void subject(Call& call, const KillTarget& target, const KillRequest& wanted, bool changed) {
  call.audit() = {.tenant_id = target.tenant_id,
                  .resource_type = std::string(target.resource_type()),
                  .resource_id = wanted.target,
                  .on_behalf_of = {},
                  .detail = auth::describe_kill(wanted.target, wanted.reason)};
  if (!changed) call.nothing_changed();
}

}  // namespace

KillRequest read_kill_request(const json::Value& body, bool reason_required) {
  const http::Input input(body, {"client_id", "tenant_id", "all", "reason"});
  const auto client = input.optional_text("client_id", id_limit);
  const auto tenant = input.optional_text("tenant_id", id_limit);
  const bool all = input.optional_boolean("all").value_or(false);
  if (int{client.has_value()} + int{tenant.has_value()} + int{all} != 1) {
    throw Failure(errors::target_required);
  }
  // A tenant's id under the wrong name must not stop more than was meant.
  if (client && !is_id("svc_", *client)) throw Failure(errors::client_not_found);
  if (tenant && !is_id("tnt_", *tenant)) throw Failure(errors::tenant_not_found);
  return {.target = client.value_or(tenant.value_or(std::string(auth::all_agents))),
          .reason = reason_required ? input.text("reason", reason_limit)
                                    : input.optional_text("reason", reason_limit).value_or("")};
}

Response kill(Call& call) {
  const KillRequest wanted = read_kill_request(call.body(), true);
  auth::Kill kill{.target = wanted.target,
                  .reason = wanted.reason,
                  .killed_by = call.caller.client_id,
                  .killed_at = call.now};
  db::Transaction& transaction = call.transaction(db::Scope::platform());
  const KillTarget target = require_target(transaction, wanted.target);
  subject(call, target, wanted, auth::add_kill(transaction, kill));
  json::Writer out;
  write_kill(out, kill);
  return {200, out.take(), {}};
}

Response release(Call& call) {
  const KillRequest wanted = read_kill_request(call.body(), false);
  db::Transaction& transaction = call.transaction(db::Scope::platform());
  const KillTarget target = require_target(transaction, wanted.target);
  const bool released = auth::remove_kill(transaction, wanted.target);
  subject(call, target, wanted, released);
  json::Writer out;
  out.begin_object();
  write_target(out, wanted.target);
  out.member("released", released).end_object();
  return {200, out.take(), {}};
}

Response list_killed(Call& call) {
  const http::Query query(call.request.query, {"limit", "cursor"});
  const http::Page page{.limit = http::read_limit(call, query),
                        .after = query.text("cursor").value_or("")};
  if (!page.after.empty() && page.after != auth::all_agents && !is_id("svc_", page.after) &&
      !is_id("tnt_", page.after)) {
    throw Failure(http::errors::cursor_invalid);
  }
  return http::list_response("killed",
                             auth::list_kills(call.database(), page.after, page.to_read()), page,
                             write_kill, [](const auth::Kill& kill) { return kill.target; });
}

}  // namespace gatehouse::services
