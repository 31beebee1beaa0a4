#include "tokens/client_credentials.h"

#include <utility>

#include "auth/basic.h"
#include "tokens/errors.h"

namespace gatehouse::tokens {
namespace {

using Way = ClientCredentials::Way;

[[noreturn]] void refuse(const ErrorKind& kind) {
  throw Failure(kind).challenge(std::string(basic_challenge));
}

/// RFC 6749 §2.3.1, RFC 7521 §4.2: where the form names the client too, it is the same one.
void take_id(ClientCredentials& shown, std::string id) {
  if (!shown.client_id.empty() && shown.client_id != id) throw Failure(errors::client_id_mismatch);
  shown.client_id = std::move(id);
}

ClientCredentials by_assertion(ClientCredentials shown, std::string text, std::string_view type) {
  if (text.empty()) throw Failure(errors::assertion_required);
  if (type != jwt_bearer) refuse(errors::assertion_type_unknown);
  shown.assertion = std::make_unique<Assertion>(std::move(text));
  take_id(shown, shown.assertion->client_id());
  shown.way = Way::assertion;
  return shown;
}

ClientCredentials by_basic(ClientCredentials shown, std::string_view authorization) {
  auto basic = auth::parse_basic(authorization);
  if (!basic) refuse(errors::authorization_malformed);
  take_id(shown, std::move(basic->id));
  shown.secret = std::move(basic->secret);
  return shown;
}

}  // namespace

ClientCredentials read_client_credentials(Form& form, const http::Request& request) {
  ClientCredentials shown{.client_id = form.take("client_id"),
                          .secret = Secret(form.take("client_secret"))};
  std::string assertion = form.take("client_assertion");
  const std::string type = form.take("client_assertion_type");
  const bool asserts = !assertion.empty() || !type.empty();
  const bool in_body = !shown.secret.empty();
  if (int{!request.authorization.empty()} + int{in_body} + int{asserts} > 1) {
    throw Failure(errors::two_client_authentications);
  }
  if (asserts) return by_assertion(std::move(shown), std::move(assertion), type);
  if (in_body) {
    if (shown.client_id.empty()) throw Failure(errors::client_id_required);
    shown.way = Way::post;
    return shown;
  }
  if (!request.authorization.empty()) return by_basic(std::move(shown), request.authorization);
  if (shown.client_id.empty() || request.tls_certificate.empty()) {
    refuse(errors::client_credentials_required);
  }
  shown.way = Way::certificate;
  return shown;
}

}  // namespace gatehouse::tokens
