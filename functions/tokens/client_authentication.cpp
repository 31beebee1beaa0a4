#include "tokens/client_authentication.h"

#include "core/ids.h"
#include "tokens/client_certificate.h"
#include "tokens/errors.h"

namespace gatehouse::tokens {
namespace {

using namespace std::chrono_literals;

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

Clients::Pointer ClientAuthentication::by_assertion(http::Call& call,
                                                    const ClientCredentials& shown,
                                                    std::string_view issuer) {
  const Assertion& assertion = *shown.assertion;
  bool keys_are_coming = false;
  auto client =
      clients_.authenticate(shown.client_id, call.database(), call.now, [&](const Client& claimed) {
        const bool by_key = claimed.active && claimed.method == Client::Method::key;
        if (!by_key || claimed.jwks_uri.empty()) {
          return assertion.signed_by(claimed.keys) && by_key;
        }
        const auto keys = published_.find(claimed.jwks_uri, assertion.kid(), call.now);
        keys_are_coming = keys == nullptr;
        return keys && assertion.signed_by(*keys);
      });
  if (!client && keys_are_coming) throw Failure(errors::keys_being_fetched).retry_after(1s);
  if (!client) return nullptr;
  const AssertionId id = assertion.check(client->client_id, issuer, call.now);
  // Last, so that only who holds the client's key can fill the table.
  if (!used_.take(call.database(), "assertion", client->client_id, id.jti, id.expires_at)) {
    throw Failure(errors::assertion_used);
  }
  return client;
}

Clients::Pointer ClientAuthentication::by_certificate(http::Call& call,
                                                      const ClientCredentials& shown) {
  return clients_.authenticate(shown.client_id, call.database(), call.now,
                               [&](const Client& claimed) {
                                 return claimed.method == Client::Method::certificate &&
                                        shows_certificate(call.request, claimed);
                               });
}

Clients::Pointer ClientAuthentication::by_secret(http::Call& call, const ClientCredentials& shown) {
  const auto way = shown.way == ClientCredentials::Way::basic ? Client::Method::basic_secret
                                                              : Client::Method::posted_secret;
  return clients_.authenticate(shown.client_id, shown.secret.reveal(), way, call.database(),
                               call.now);
}

Clients::Pointer ClientAuthentication::authenticate(http::Call& call, Form& form,
                                                    std::string_view issuer) {
  const ClientCredentials shown = read_client_credentials(form, call.request);
  Clients::Pointer client;
  try {
    using Way = ClientCredentials::Way;
    client = shown.way == Way::assertion     ? by_assertion(call, shown, issuer)
             : shown.way == Way::certificate ? by_certificate(call, shown)
                                             : by_secret(call, shown);
    if (!client) throw Failure(errors::client_not_found);
  } catch (Failure& failure) {
    if (failure.status() != 401) throw;
    refuse(call, shown.client_id, std::move(failure).challenge(std::string(basic_challenge)));
  }
  call.admit(caller_of(*client));
  return client;
}

Clients::Pointer ClientAuthentication::authenticate(http::Call& call, std::string_view client_id,
                                                    const Secret& secret) {
  const auto client = clients_.authenticate(
      client_id, secret.reveal(), Client::Method::posted_secret, call.database(), call.now);
  if (!client) refuse(call, client_id, Failure(errors::client_not_found));
  call.admit(caller_of(*client));
  return client;
}

}  // namespace gatehouse::tokens
