#include "tokens/client_authentication.h"

#include "core/ids.h"
#include "tokens/client_credentials.h"
#include "tokens/errors.h"

namespace gatehouse::tokens {
namespace {

/// It has shown who it is, and gets its tokens by that.
auth::Principal caller_of(const Client& client) {
  return {.credential = auth::Credential::service_token,
          .tenant_id = client.tenant_id,
          .client_id = client.client_id,
          .agent = client.agent};
}

/// Throws after the audit trail has been told who was not believed. A made-up id is no id.
[[noreturn]] void refuse(http::Call& call, std::string_view client_id, Failure failure) {
  call.authentication_failed(client_id);
  call.audit().resource_type = "service";
  if (is_id("svc_", client_id)) call.audit().resource_id = client_id;
  throw failure;
}

}  // namespace

Clients::Pointer ClientAuthentication::authenticate(http::Call& call, Form& form) {
  const ClientCredentials shown = read_client_credentials(form, call.request.authorization);
  const auto client =
      clients_.authenticate(shown.client_id, shown.secret.reveal(), call.database(), call.now);
  if (!client) {
    refuse(call, shown.client_id,
           Failure(errors::client_not_found).challenge(std::string(basic_challenge)));
  }
  call.admit(caller_of(*client));
  return client;
}

Clients::Pointer ClientAuthentication::authenticate(http::Call& call, std::string_view client_id,
                                                    const Secret& secret) {
  const auto client = clients_.authenticate(client_id, secret.reveal(), call.database(), call.now);
  if (!client) refuse(call, client_id, Failure(errors::client_not_found));
  call.admit(caller_of(*client));
  return client;
}

}  // namespace gatehouse::tokens
