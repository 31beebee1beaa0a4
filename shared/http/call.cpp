#include "http/call.h"

#include "auth/errors.h"
#include "http/agents.h"
#include "http/errors.h"
#include "json/parse.h"

namespace gatehouse::http {
namespace {

/// What is no credential of anybody's, as opposed to one that has expired or is for something else.
bool is_guess(const Failure& failure) {
  return failure.code() == auth::errors::api_key_unknown.code ||
         failure.code() == auth::errors::user_token_invalid.code ||
         failure.code() == auth::errors::service_token_invalid.code;
}

}  // namespace

const json::Value& Call::body() {
  if (body_) return *body_;
  if (request.body.empty() && route.body == Body::json_optional) {
    return body_.emplace(json::Value::object({}));
  }
  try {
    body_ = json::parse(request.body);
  } catch (const json::ParseError& error) {
    throw Failure(400, error.code(), error.what(), "Send one well-formed JSON object (RFC 8259).");
  }
  if (!body_->is(json::Kind::object)) throw Failure(errors::json_object_required);
  return *body_;
}

db::Scope Call::scope() const {
  if (caller.is(auth::Credential::user_token)) {
    return db::Scope::session(caller.tenant_id, caller.user_id, caller.session_id);
  }
  return caller.tenant_id.empty() ? db::Scope::none() : db::Scope::tenant(caller.tenant_id);
}

db::Transaction& Call::transaction() {
  return transaction(scope());
}

db::Transaction& Call::transaction(const db::Scope& scope) {
  if (!transaction_) {
    transaction_ = std::make_unique<db::Transaction>(connection_, scope);
  } else if (!entered_) {
    transaction_->enter(scope);
  }
  entered_ = true;
  return *transaction_;
}

void Call::authentication_failed(std::string_view claimed_client) {
  if (gate_ != nullptr) gate_->authentication_failed(request, claimed_client);
}

auth::Principal Call::authenticate(auth::Authenticator& authenticator, const auth::Access& access) {
  if (gate_ != nullptr) gate_->before_authentication(request);
  try {
    return authenticator.authenticate(
        {.authorization = request.authorization,
         .certificate = request.tls_certificate,
         .dpop = request.dpop,
         .method = request.gated ? request.gated->method : method_name(request.method),
         .path = request.gated ? request.gated->path : request.path,
         .origin = request.gated ? request.gated->origin : std::string_view()},
        access, connection_, now);
  } catch (const Failure& failure) {
    if (failure.status() == 401 && gate_ != nullptr) {
      gate_->authentication_failed(request, {}, is_guess(failure));
    }
    throw;
  }
}

void Call::admit_at(std::string_view name, const limits::Rate& rate) {
  if (gate_ != nullptr) gate_->admit_at(request, name, rate, caller);
}

void Call::admit(const auth::Principal& who) {
  caller = who;
  if (caller.agent) refuse_killed(*caller.agent);
  if (gate_ != nullptr) standing_ = gate_->admit(request, route, caller);
  if (caller.agent) count_agent_call(*this);
}

void Call::tell(const Gate::Standing& standing) {
  if (standing_) {
    standing_->append(standing);
  } else {
    standing_ = standing;
  }
}

std::optional<std::int64_t> Call::most(std::string_view what) const {
  if (!caller.agent) return std::nullopt;
  const auto& maxima = caller.agent->thresholds.max_per_call;
  const auto found = maxima.find(what);
  return found == maxima.end() ? std::nullopt : std::optional(found->second);
}

void Call::at_most(std::string_view what, std::int64_t amount) const {
  const auto maximum = most(what);
  if (!maximum || amount <= *maximum) return;
  throw Failure(403, "agent_maximum_exceeded",
                "this agent may have at most " + std::to_string(*maximum) + ' ' +
                    std::string(what) + " in one call",
                "Ask for at most that many at once, or ask an internal:admin to raise \"" +
                    std::string(what) + "\" in the agent's max_per_call.");
}

audit::Event Call::event(std::string_view code, std::string_view outcome,
                         std::string_view on_behalf_of, const audit::Subject& subject) const {
  return {.code = code,
          .outcome = outcome,
          .actor = caller,
          .on_behalf_of = on_behalf_of,
          .route = route.path,
          .remote_address = request.remote_address,
          .trace_id = request.trace_id,
          .request_id = request.request_id,
          .subject = subject};
}

outbox::Change Call::change(std::string_view type, const audit::Subject& subject) const {
  return {.type = type,
          .tenant_id = subject.tenant_id,
          .resource_type = subject.resource_type,
          .resource_id = subject.resource_id,
          .actor_kind = audit::actor_kind(caller),
          .actor_id = caller.id(),
          .detail = subject.detail,
          .trace_id = request.trace_id};
}

void Call::roll_back() {
  transaction_.reset();
  entered_ = false;
}

db::Transaction& Call::begin() {
  transaction_ = std::make_unique<db::Transaction>(connection_, db::Scope::none());
  return *transaction_;
}

}  // namespace gatehouse::http
