#include "tokens/client_credentials.h"

#include "auth/basic.h"
#include "tokens/errors.h"

namespace gatehouse::tokens {
namespace {

[[noreturn]] void refuse(const ErrorKind& kind) {
  throw Failure(kind).challenge(std::string(basic_challenge));
}

}  // namespace

ClientCredentials read_client_credentials(Form& form, std::string_view authorization) {
  ClientCredentials shown{.client_id = form.take("client_id"),
                          .secret = Secret(form.take("client_secret"))};
  const bool in_body = !shown.secret.empty();
  const bool by_assertion =
      !form.take("client_assertion").empty() || !form.take("client_assertion_type").empty();
  if (int{!authorization.empty()} + int{in_body} + int{by_assertion} > 1) {
    throw Failure(errors::two_client_authentications);
  }
  if (by_assertion) refuse(errors::assertion_unsupported);
  if (in_body) {
    if (shown.client_id.empty()) throw Failure(errors::client_id_required);
    return shown;
  }
  if (authorization.empty()) refuse(errors::client_credentials_required);

  auto basic = auth::parse_basic(authorization);
  if (!basic) refuse(errors::authorization_malformed);
  if (!shown.client_id.empty() && shown.client_id != basic->id) {
    throw Failure(errors::client_id_mismatch);
  }
  return {.client_id = std::move(basic->id), .secret = std::move(basic->secret)};
}

}  // namespace gatehouse::tokens
