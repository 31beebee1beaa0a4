#include "tokens/request.h"

#include <algorithm>

#include "auth/basic.h"
#include "http/input.h"
#include "http/input_text.h"
#include "tokens/errors.h"

namespace gatehouse::tokens {
namespace {

class Form {
 public:
  explicit Form(std::string_view text) : pairs_(http::parse_form(text)) {
    for (auto pair = pairs_.begin(); pair != pairs_.end(); ++pair) {
      const auto same = [&](const auto& other) { return other.first == pair->first; };
      if (std::none_of(pairs_.begin(), pair, same)) continue;
      // The one parameter that may be repeated (RFC 8707 §2), but a token has one audience.
      if (pair->first == "resource") throw Failure(errors::several_targets);
      throw Failure(400, "repeated_parameter",
                    '"' + http::displayed_name(pair->first) + "\" is given more than once",
                    "Send each parameter once.");
    }
  }

  /// "" where the parameter is absent.
  std::string take(std::string_view name) {
    for (auto& [given, value] : pairs_) {
      if (given == name) return std::move(value);
    }
    return {};
  }

 private:
  http::FormPairs pairs_;
};

[[noreturn]] void refuse_client(const ErrorKind& kind) {
  throw Failure(kind).challenge(std::string(basic_challenge));
}

void read_client(TokenRequest& request, Form& form, std::string_view authorization) {
  request.client_id = form.take("client_id");
  request.client_secret = Secret(form.take("client_secret"));
  const bool in_body = !request.client_secret.empty();
  const bool by_assertion =
      !form.take("client_assertion").empty() || !form.take("client_assertion_type").empty();
  if (int{!authorization.empty()} + int{in_body} + int{by_assertion} > 1) {
    throw Failure(errors::two_client_authentications);
  }
  if (by_assertion) refuse_client(errors::assertion_unsupported);
  if (in_body) {
    if (request.client_id.empty()) throw Failure(errors::client_id_required);
    return;
  }
  if (authorization.empty()) refuse_client(errors::client_credentials_required);

  auto basic = auth::parse_basic(authorization);
  if (!basic) refuse_client(errors::authorization_malformed);
  if (!request.client_id.empty() && request.client_id != basic->id) {
    throw Failure(errors::client_id_mismatch);
  }
  request.client_id = std::move(basic->id);
  request.client_secret = std::move(basic->secret);
}

}  // namespace

TokenRequest read_token_request(std::string_view text, std::string_view authorization) {
  Form form(text);
  const std::string grant_type = form.take("grant_type");
  if (grant_type.empty()) throw Failure(errors::grant_type_required);
  if (grant_type != "client_credentials") throw Failure(errors::unsupported_grant_type);

  TokenRequest request;
  read_client(request, form, authorization);
  request.scope = form.take("scope");
  request.resource = form.take("resource");
  request.audience = form.take("audience");
  return request;
}

}  // namespace gatehouse::tokens
