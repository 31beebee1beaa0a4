#include "http/quota.h"

#include "core/log.h"
#include "http/errors.h"
#include "limits/quota.h"

namespace gatehouse::http {
namespace {

limits::QuotaUse take(Call& call, const limits::QuotaPolicy& policy, std::string_view owner) {
  if (!call.route.audit.empty()) return limits::take_quota(call.transaction(), policy, owner);
  db::Transaction own(call.database(), db::Scope::none());
  const limits::QuotaUse use = limits::take_quota(own, policy, owner);
  own.commit();
  return use;
}

}  // namespace

void take_quota(Call& call, const limits::Policies& policies, std::string_view name) {
  const limits::QuotaPolicy* policy = policies.quota(name);
  if (policy == nullptr) return;
  const auth::Principal& caller = call.caller;
  const std::string_view owner = caller.tenant_id.empty() ? caller.id() : caller.tenant_id;
  const limits::QuotaUse use = take(call, *policy, owner);
  if (use.admitted) return;
  if (policy->dry_run) {
    log::warn("limit_dry_run", {{"trace_id", call.request.trace_id},
                                {"policy", name},
                                {"caller", std::string_view(caller.id())}});
    return;
  }
  const std::string quoted = '"' + policy->name + '"';
  throw Failure(errors::quota_exceeded)
      .retry_after(use.retry_after)
      .header("RateLimit-Policy", quoted + ";q=" + std::to_string(use.most) +
                                      ";w=" + std::to_string(policy->window.count()))
      .header("RateLimit", quoted + ";r=0;t=" + std::to_string(use.retry_after.count()));
}

}  // namespace gatehouse::http
