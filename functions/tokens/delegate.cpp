#include "tokens/delegate.h"

#include "core/ids.h"
#include "tokens/errors.h"
#include "tokens/store.h"

namespace gatehouse::tokens {
namespace {

/// The roles of the user, who is active, as is the tenant.
std::vector<std::string> roles_of_active_user(db::Connection& connection,
                                              const Delegation& wanted) {
  if (!is_id("tnt_", wanted.tenant_id)) throw Failure(errors::tenant_not_found);
  auto found = store::find_tenant_user(connection, wanted.tenant_id, wanted.user_id);
  if (!found) throw Failure(errors::tenant_not_found);
  if (!found->user_status) throw Failure(errors::user_not_found);
  if (found->tenant_status != "active") throw Failure(errors::tenant_disabled);
  if (*found->user_status != "active") throw Failure(errors::user_disabled);
  return std::move(found->roles);
}

}  // namespace

DelegatedToken make_delegated_token(const Mint& mint, const auth::Principal& service,
                                    const Delegation& wanted, const Origin& origin,
                                    db::Connection& connection, Time now) {
  if (!service.tenant_id.empty() && service.tenant_id != wanted.tenant_id) {
    throw Failure(errors::tenant_not_found);
  }
  const std::vector<std::string> roles = roles_of_active_user(connection, wanted);
  DelegatedToken token{{}, make_id("ses_", now), now + delegated_lifetime};
  auth::IssuedToken issued = mint.issuer.issue({.user_id = wanted.user_id,
                                                .tenant_id = wanted.tenant_id,
                                                .session_id = token.session_id,
                                                .roles = roles,
                                                .actor = service.client_id,
                                                .confirmation = service.confirmation},
                                               delegated_lifetime, now, connection);
  mint.journals.token_issued({.at = now,
                              .client_id = service.client_id,
                              .user_id = wanted.user_id,
                              .jti = issued.id,
                              .kind = "delegated",
                              .scope = {},
                              .expires_at = issued.expires_at,
                              .remote_address = origin.remote_address,
                              .trace_id = origin.trace_id});
  token.text = std::move(issued.text);
  return token;
}

void open_session(db::Transaction& transaction, const DelegatedToken& token,
                  const Delegation& wanted, const Origin& origin, Time now) {
  const bool opened = store::insert_session(transaction, {.id = token.session_id,
                                                          .tenant_id = wanted.tenant_id,
                                                          .user_id = wanted.user_id,
                                                          .created_at = now,
                                                          .expires_at = token.expires_at,
                                                          .remote_address = origin.remote_address,
                                                          .user_agent = wanted.user_agent});
  if (!opened) throw Failure(errors::user_not_found);
}

}  // namespace gatehouse::tokens
