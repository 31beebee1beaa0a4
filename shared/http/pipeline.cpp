#include "http/pipeline.h"

#include <array>
#include <chrono>
#include <stdexcept>

#include "audit/event.h"
#include "auth/challenge.h"
#include "auth/errors.h"
#include "core/encoding.h"
#include "crypto/password.h"
#include "http/agents.h"
#include "http/call.h"
#include "http/errors.h"
#include "http/problem.h"
#include "idempotency/errors.h"
#include "json/parse.h"
#include "outbox/change.h"

namespace gatehouse::http {
namespace {

using namespace std::chrono_literals;

class PipelineWorker final : public Worker {
 public:
  PipelineWorker(const Pipeline& pipeline, const db::ConnectionOptions& options)
      : pipeline_(pipeline), connection_(options) {}
  Lane lane(const Request& request) const override { return pipeline_.lane(request); }
  Response serve(const Request& request) override { return pipeline_.serve(request, connection_); }
  Response refuse(const Request& request, const Failure& failure) override {
    return pipeline_.refuse(request, failure);
  }
  void idle() override { crypto::release_password_memory(); }

 private:
  const Pipeline& pipeline_;
  db::Connection connection_;
};

bool has_media_type(std::string_view content_type, std::string_view wanted) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  const auto end = type.find_last_not_of(' ');
  if (end == type.npos || end + 1 != wanted.size()) return false;
  return std::equal(wanted.begin(), wanted.end(), type.begin(), [](char want, char have) {
    return want == (have >= 'A' && have <= 'Z' ? have - 'A' + 'a' : have);
  });
}

void check_body(const Route& route, const Request& request) {
  if (request.body.size() > route.body_limit) throw Failure(errors::body_too_large);
  if (!request.content_encoding.empty() && request.content_encoding != "identity") {
    throw Failure(errors::content_encoding_unsupported);
  }
  switch (route.body) {
    case Body::none:
      if (!request.body.empty()) throw Failure(errors::body_not_expected);
      return;
    case Body::json_optional:
      if (request.body.empty()) return;
      [[fallthrough]];
    case Body::json:
      if (!has_media_type(request.content_type, "application/json")) {
        throw Failure(errors::json_content_type_required);
      }
      break;
    case Body::form:
      if (!has_media_type(request.content_type, "application/x-www-form-urlencoded")) {
        throw Failure(errors::form_content_type_required);
      }
      break;
  }
  if (request.body.empty()) throw Failure(errors::body_required);
}

/// RFC 6750 §2.3 allows a token in the query; RFC 9700 §4.3.2 forbids it, as does everything that
/// logs URLs.
void refuse_credentials_in_query(std::string_view query) {
  static constexpr std::array<std::string_view, 7> names{
      "access_token", "client_secret", "client_assertion", "token", "password",
      "api_key",      "secret"};
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    // What cannot be decoded is no parameter that anybody reads.
    const auto name = from_form(pair.substr(0, pair.find('=')));
    if (name && std::find(names.begin(), names.end(), *name) != names.end()) {
      throw Failure(errors::credentials_in_query);
    }
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
  }
}

/// A statement that PostgreSQL gave up for want of time or room says nothing about the request.
bool transient(const db::StatementError& error) {
  const std::string_view state = error.sqlstate();
  return state == "57014" || state == "55P03" || state == "40001" || state == "40P01" ||
         state.starts_with("53") || state.starts_with("57P");
}

Failure failure_of(const db::StatementError& error, const Request& request, const Known& known) {
  log_fault("statement_failed", request, known, error.what(), error.sqlstate(), error.constraint());
  if (transient(error)) return Failure(errors::database_unavailable).retry_after(1s);
  return Failure(errors::internal_error);
}

Failure log_and_hide(std::string_view event, const std::exception& error, const Request& request,
                     const Known& known, const ErrorKind& shown) {
  log_fault(event, request, known, error.what());
  Failure failure(shown);
  if (shown.status == 503) failure.retry_after(1s);
  return failure;
}

/// Whether the same request would be refused again for the same reason, however often it came.
bool is_final(const Failure& failure) {
  const int status = failure.status();
  return status >= 400 && status < 500 && status != 401 && status != 403 && status != 429;
}

std::string code_in(const std::string& body) {
  const json::Value problem = json::parse(body);
  const json::Value* code = problem.find("code");
  return code == nullptr ? std::string() : code->as_string();
}

/// A success is answered with 200 whatever its status was; an error stays the error that it was.
Response replay(const idempotency::Kept& kept) {
  const bool error = kept.status >= 400;
  return {error ? kept.status : 200,
          kept.body,
          {{"Idempotent-Replayed", "true"},
           {"Idempotency-Original-Status", std::to_string(kept.status)},
           {"Cache-Control", "no-store"}},
          error ? code_in(kept.body) : std::string()};
}

/// The method of the request that it is about.
std::string_view method_of(const Request& request) {
  return request.gated ? request.gated->method : method_name(request.method);
}

/// nginx passes no body of an answer to its question on, but headers.
void tell_nginx(const Request& request, Response& response) {
  if (!request.gated || response.status < 400) return;
  response.headers.push_back({"Gatehouse-Denial", response.body});
}

/// The log forgets; the audit trail does not. What limits refuse is no decision about anybody.
void record_refusal(Call& call, const Failure& failure, audit::Journals& journals) {
  if (failure.status() != 401 && failure.status() != 403) return;
  const bool let_in = call.route.access.open() || !call.caller.is(auth::Credential::none);
  journals.refused({.at = call.now,
                    .code = let_in ? call.route.refused : default_refusal,
                    .reason = failure.code(),
                    .actor = call.caller,
                    .method = method_of(call.request),
                    .route = call.route.path,
                    .remote_address = call.request.remote_address,
                    .trace_id = call.request.trace_id,
                    .request_id = call.request.request_id,
                    .subject = call.audit()});
}

void record_change(Call& call) {
  if (call.route.audit.empty()) {
    throw std::logic_error("a route that changes something names no audit event");
  }
  if (call.caller.agent) count_agent_write(call);
  audit::Subject& subject = call.audit();
  if (subject.tenant_id.empty()) subject.tenant_id = call.caller.tenant_id;
  const bool acted_for =
      call.caller.is(auth::Credential::user_token) && !call.caller.client_id.empty();
  if (acted_for) subject.on_behalf_of = call.caller.user_id;
  audit::record(call.transaction(),
                call.event(call.route.audit, "success", subject.on_behalf_of, subject), call.now);
  const std::string_view type = event_of(call.route);
  if (type.empty() || !call.to_be_told()) return;
  outbox::publish(call.transaction(), call.change(type, subject), call.now);
}

}  // namespace

std::unique_ptr<Worker> Pipeline::make_worker(const db::ConnectionOptions& options) const {
  return std::make_unique<PipelineWorker>(*this, options);
}

Lane Pipeline::lane(const Request& request) const {
  const Router::Match match = router_.find(request.method, request.path);
  return match.route == nullptr ? Lane::requests : match.route->lane;
}

Response Pipeline::serve(const Request& request, db::Connection& connection) const {
  Known known;
  Response response = answer_or_problem(request, connection, known);
  tell_nginx(request, response);
  log_request(parts_.request_log, request, response, known, connection.take_time_spent());
  const auth::Principal& caller = known.caller;
  const bool by_token = known.route != nullptr && !known.route->access.open();
  if ((by_token || request.gated) && caller.is(auth::Credential::service_token)) {
    const auto spent = std::chrono::steady_clock::now() - request.received;
    parts_.journals.access({.at = parts_.clock.now(),
                            .client_id = caller.client_id,
                            .tenant_id = caller.tenant_id,
                            .endpoint = request.gated ? request.gated->route : request.path,
                            .method = method_of(request),
                            .status = response.status,
                            .took = std::chrono::duration_cast<std::chrono::milliseconds>(spent),
                            .remote_address = request.remote_address,
                            .user_agent = request.user_agent,
                            .trace_id = request.trace_id});
  }
  return response;
}

Response Pipeline::refuse(const Request& request, const Failure& failure) const {
  Response response = problem(failure, request);
  tell_nginx(request, response);
  // A flood is counted by who sheds it; a line for each of its requests would feed it.
  if (failure.code() == errors::overloaded.code) return response;
  const Known known{.route = router_.find(request.method, request.path).route};
  log_request(parts_.request_log, request, response, known, {});
  return response;
}

Response Pipeline::answer_or_problem(const Request& request, db::Connection& connection,
                                     Known& known) const {
  const auto hidden = [&](std::string_view event, const auto& error, const ErrorKind& shown) {
    return problem(log_and_hide(event, error, request, known, shown), request);
  };
  try {
    return answer(request, connection, known);
  } catch (const Failure& failure) {
    return problem(failure, request);
  } catch (const db::StatementError& error) {
    return problem(failure_of(error, request, known), request);
  } catch (const db::Unavailable& error) {
    return hidden("database_unavailable", error, errors::database_unavailable);
  } catch (const db::InDoubt& error) {
    return hidden("outcome_unknown", error, errors::outcome_unknown);
  } catch (const std::exception& error) {
    return hidden("internal_error", error, errors::internal_error);
  }
}

Response Pipeline::answer(const Request& request, db::Connection& connection, Known& known) const {
  Router::Match match = router_.find(request.method, request.path);
  if (match.route == nullptr) {
    if (match.allow.empty()) throw Failure(errors::route_not_found);
    throw Failure(errors::method_not_allowed).allow(match.allow);
  }
  const Route& route = *match.route;
  known.route = &route;
  refuse_credentials_in_query(request.query);

  Call call(request, route, std::move(match.parameters), connection, parts_.clock.now(),
            known.caller);
  try {
    return admit_and_perform(call);
  } catch (const Failure& failure) {
    record_refusal(call, failure, parts_.journals);
    throw;
  } catch (const db::StatementError& error) {
    if (error.sqlstate() != db::session_ended) throw;
    const Failure ended =
        Failure(auth::errors::session_ended)
            .challenge(auth::bearer_challenge("invalid_token", "the session has ended"));
    record_refusal(call, ended, parts_.journals);
    throw ended;
  }
}

Response Pipeline::admit_and_perform(Call& call) const {
  const Request& request = call.request;
  const Route& route = call.route;
  call.limit_by(parts_.gate);
  if (!route.access.open()) {
    call.caller = call.authenticate(parts_.authenticator, route.access);
    call.admit(call.caller);
    parts_.authenticator.authorize(call.caller, route.access);
  } else if (route.access.by_policy()) {
    // The handler does the same once it knows what the policy says.
  } else if (!route.access.by_client_secret()) {
    call.admit(call.caller);
  } else if (parts_.gate != nullptr) {
    parts_.gate->before_authentication(request);
  }
  check_body(route, request);
  Response response = perform(call);
  if (const auto& standing = call.standing()) {
    response.headers.push_back({"RateLimit-Policy", standing->policy});
    response.headers.push_back({"RateLimit", standing->rate});
  }
  return response;
}

Response Pipeline::perform(Call& call) const {
  const Idempotency column = call.route.idempotency;
  const bool has_key = !call.request.idempotency_key.empty();
  if (column != Idempotency::none && has_key) return perform_once(call);
  if (column == Idempotency::required) throw Failure(idempotency::errors::key_required);

  Response response = call.route.handle(call);
  if (call.changes()) {
    record_change(call);
    call.transaction().commit();
  }
  return response;
}

// One transaction: what is kept is what was done, and what was done is kept.
Response Pipeline::perform_once(Call& call) const {
  const Request& request = call.request;
  const idempotency::Claim claim = parts_.answers.claim({.key = request.idempotency_key,
                                                         .caller = call.caller,
                                                         .remote_address = request.remote_address,
                                                         .method = method_name(request.method),
                                                         .route = call.route.path,
                                                         .path = request.path,
                                                         .query = request.query,
                                                         .body = request.body});
  db::Transaction& transaction = call.begin();
  if (const auto kept = parts_.answers.begin(transaction, claim, call.now)) return replay(*kept);

  transaction.savepoint();
  Response response;
  try {
    response = call.route.handle(call);
    if (call.changes()) record_change(call);
  } catch (const Failure& failure) {
    if (!is_final(failure)) throw;
    transaction.roll_back_to_savepoint();
    response = problem(failure, request);
  }
  parts_.answers.keep(transaction, claim, {response.status, response.body}, call.now);
  transaction.commit();
  return response;
}

}  // namespace gatehouse::http
