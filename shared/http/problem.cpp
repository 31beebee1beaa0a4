#include "http/problem.h"

#include <algorithm>
#include <array>

#include "json/write.h"

namespace gatehouse::http {
namespace {

/// The codes that RFC 6749 §5.2 and §4.1.2.1, RFC 8707 §2, RFC 7009 §2.2.1 and RFC 9449 §5
/// register.
std::string_view oauth_code(const Failure& failure) {
  static constexpr std::array<std::string_view, 10> registered{
      "invalid_request",         "invalid_client",         "invalid_grant",  "invalid_scope",
      "unauthorized_client",     "unsupported_grant_type", "invalid_target", "invalid_dpop_proof",
      "temporarily_unavailable", "unsupported_token_type"};
  const auto* known = std::find(registered.begin(), registered.end(), failure.code());
  if (known != registered.end()) return *known;
  if (failure.status() == 401) return "invalid_client";
  if (failure.status() == 403) return "unauthorized_client";
  if (failure.status() == 429 || failure.status() == 503) return "temporarily_unavailable";
  return failure.status() >= 500 ? "server_error" : "invalid_request";
}

/// Where RFC 6749 says what an error looks like: /oauth/..., also behind a tenant's issuer.
bool is_oauth(std::string_view path) {
  constexpr std::string_view tenants = "/t/";
  if (path.starts_with(tenants)) {
    path.remove_prefix(std::min(path.size(), path.find('/', tenants.size())));
  }
  return path.starts_with("/oauth/");
}

}  // namespace

Response problem(const Failure& failure, const Request& request) {
  json::Writer out;
  out.begin_object();
  if (is_oauth(request.path)) {
    out.member("error", oauth_code(failure)).member("error_description", failure.error());
  } else {
    out.member("error", failure.error());
  }
  out.member("code", failure.code())
      .member("message", failure.error())
      .member("next_step", failure.next_step())
      .member("trace_id", request.trace_id)
      .member("request_id", request.request_id)
      .end_object();

  Response response{failure.status(), out.take(), {}, failure.code()};
  if (failure.status() == 401 || !failure.challenge().empty()) {
    response.headers.push_back({"WWW-Authenticate", failure.challenge().empty()
                                                        ? "Bearer realm=\"gatehouse\""
                                                        : failure.challenge()});
  }
  if (!failure.allow().empty()) response.headers.push_back({"Allow", failure.allow()});
  if (failure.retry_after()) {
    response.headers.push_back({"Retry-After", std::to_string(failure.retry_after()->count())});
  }
  for (const auto& [name, value] : failure.headers()) response.headers.push_back({name, value});
  response.headers.push_back({"Cache-Control", "no-store"});
  return response;
}

}  // namespace gatehouse::http
