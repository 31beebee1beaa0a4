#include "http/agents.h"

#include <chrono>

#include "audit/event.h"
#include "http/errors.h"
#include "json/write.h"
#include "limits/quota.h"
#include "outbox/change.h"

namespace gatehouse::http {
namespace {

using namespace std::chrono_literals;

/// What has been told of a threshold in its hour.
enum Level { nothing = 0, nearly_reached = 1, reached = 2 };

Level level_of(const limits::QuotaUse& use) {
  if (!use.admitted) return reached;
  return use.used * 5 >= use.most * 4 ? nearly_reached : nothing;
}

bool to_be_told(const limits::QuotaUse& use) {
  return level_of(use) > use.announced;
}

std::string details(const Call& call, const limits::QuotaPolicy& policy,
                    const limits::QuotaUse& use) {
  json::Writer out;
  out.begin_object()
      .member("client_id", call.caller.client_id)
      .member("policy", policy.name)
      .member("limit", use.most)
      .member("used", use.used)
      .member("starts_anew_at", iso8601(use.starts_anew))
      .end_object();
  return out.take();
}

/// Queues event and audit row unless another request has told it.
void tell(db::Transaction& transaction, const Call& call, const limits::QuotaPolicy& policy,
          const limits::QuotaUse& use) {
  const auth::Principal& caller = call.caller;
  const Level level = level_of(use);
  if (!limits::announce_quota(transaction, policy, caller.client_id, use, level)) return;
  const std::string_view code =
      level == reached ? "agent.threshold_reached" : "agent.threshold_warning";
  const audit::Subject subject{.tenant_id = caller.agent->tenant_id,
                               .resource_type = "service",
                               .resource_id = caller.client_id,
                               .on_behalf_of = {},
                               .detail = details(call, policy, use)};
  audit::record(transaction,
                call.event(code, level == reached ? "failure" : "success", caller.user_id, subject),
                call.now);
  outbox::publish(transaction, call.change(code, subject), call.now);
}

/// Whether something was counted or told is nothing that the caller has to find out.
template <typename Work>
auto without_doubt(Work work) {
  try {
    return work();
  } catch (const db::InDoubt& error) {
    throw db::Unavailable(error.what());
  }
}

void tell_alone(Call& call, const limits::QuotaPolicy& policy, const limits::QuotaUse& use) {
  if (!to_be_told(use)) return;
  without_doubt([&] {
    db::Transaction own(call.database(), db::Scope::none());
    tell(own, call, policy, use);
    own.commit();
  });
}

Gate::Standing standing(const limits::QuotaPolicy& policy, const limits::QuotaUse& use) {
  const std::string quoted = '"' + policy.name + '"';
  return {quoted + ";q=" + std::to_string(use.most) + ";w=" + std::to_string(policy.window.count()),
          quoted + ";r=" + std::to_string(use.most - use.used) +
              ";t=" + std::to_string(use.retry_after.count())};
}

[[noreturn]] void refuse(const limits::QuotaPolicy& policy, const limits::QuotaUse& use,
                         std::string_view what) {
  const Gate::Standing now = standing(policy, use);
  const std::string anew = iso8601(use.starts_anew);
  throw Failure(429, "agent_threshold_reached",
                "the agent's threshold \"" + policy.name + "\" of " + std::to_string(use.most) +
                    ' ' + std::string(what) + " per hour is reached; it starts anew at " + anew,
                "Wait until " + anew +
                    ", as Retry-After says, or ask an internal:admin to look at what the agent "
                    "does and to raise its thresholds.")
      .retry_after(use.retry_after)
      .header("RateLimit-Policy", now.policy)
      .header("RateLimit", now.rate);
}

}  // namespace

void refuse_killed(const auth::Agent& agent) {
  if (agent.killed) throw Failure(errors::agent_killed);
}

void count_agent_call(Call& call) {
  const limits::QuotaPolicy policy{
      .name = "agent_calls", .most = call.caller.agent->thresholds.calls_per_hour, .window = 1h};
  const limits::QuotaUse use = without_doubt(
      [&] { return limits::take_quota(call.database(), policy, call.caller.client_id); });
  tell_alone(call, policy, use);
  if (!use.admitted) refuse(policy, use, "calls");
  call.tell(standing(policy, use));
}

void count_agent_write(Call& call) {
  const limits::QuotaPolicy policy{
      .name = "agent_writes", .most = call.caller.agent->thresholds.writes_per_hour, .window = 1h};
  const limits::QuotaUse use =
      limits::take_quota(call.transaction(), policy, call.caller.client_id);
  if (use.admitted) {
    if (to_be_told(use)) tell(call.transaction(), call, policy, use);
    return;
  }
  call.roll_back();
  tell_alone(call, policy, use);
  refuse(policy, use, "writes");
}

}  // namespace gatehouse::http
