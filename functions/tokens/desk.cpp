#include "tokens/desk.h"

#include "tokens/client_credentials.h"
#include "tokens/errors.h"

namespace gatehouse::tokens {
namespace {

/// The tenant that the path names; empty where it names none.
std::string_view named_tenant(const http::Call& call) {
  return call.route.path.find(':') == std::string_view::npos ? std::string_view()
                                                             : call.parameter(0);
}

}  // namespace

auth::SigningKeys::Pointer keys_of(Desk& desk, http::Call& call) {
  auth::Authenticator& authenticator = desk.platform.authenticator;
  authenticator.epochs().ensure_fresh(call.database());
  auth::SigningKeys& keys = authenticator.keys();
  const std::string_view tenant = named_tenant(call);
  if (tenant.empty()) return keys.platform(call.database(), call.now);
  auto own = keys.of_tenant(tenant, call.database(), call.now);
  if (!own) throw Failure(errors::issuer_not_found);
  return own;
}

auth::SigningKeys::Pointer issuer_of(Desk& desk, http::Call& call) {
  auto keys = keys_of(desk, call);
  if (!keys->tenant_id().empty() && !keys->signs(call.now)) throw Failure(errors::issuer_not_found);
  return keys;
}

Visit client_of(Desk& desk, http::Call& call, Form& form) {
  auto issuer = issuer_of(desk, call);
  auto client = desk.clients.authenticate(call, form, issuer->issuer());
  if (!issuer->tenant_id().empty() && issuer->tenant_id() != client->tenant_id) {
    throw Failure(errors::client_not_found).challenge(std::string(basic_challenge));
  }
  return {std::move(client), std::move(issuer)};
}

}  // namespace gatehouse::tokens
