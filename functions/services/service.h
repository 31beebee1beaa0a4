#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/principal.h"
#include "core/secret.h"
#include "core/time.h"
#include "crypto/keyring.h"
#include "db/connection.h"
#include "services/authentication.h"
#include "services/thresholds.h"

namespace gatehouse::services {

/// The scope that lets a service manage the others.
inline constexpr std::string_view admin_scope = "internal:admin";

/// A machine client: what obtains tokens as itself. Belongs to the platform; it may
/// be bound to one tenant.
struct Service {
  std::string client_id;  ///< `svc_...`
  std::string name, description;
  std::string status = "active";         ///< active, disabled
  std::optional<std::string> tenant_id;  ///< the one tenant it may act in; absent: the platform's
  std::optional<std::string> system_id, env;  ///< claims `systemId` and `env` of its tokens
  std::vector<std::string> audiences;  ///< what it may ask tokens for; empty: the server's default
  std::optional<std::chrono::seconds> token_lifetime;      ///< absent: the server's default
  std::optional<Time> tokens_valid_from;                   ///< tokens issued before are revoked
  std::vector<std::string> scopes;                         ///< in alphabetical order
  std::optional<std::vector<std::string>> default_scopes;  ///< absent: all but wildcards
  std::string custom_claims;                               ///< a JSON object; empty: it has none
  std::shared_ptr<const auth::Agent> agent;                ///< absent: it is none
  Authentication authentication;
  Time created_at{}, updated_at{};
};

/// A new service and its secret, which is shown this once; empty where it does not authenticate by
/// one.
struct RegisteredService {
  Service service;
  Secret secret;
};

/// What a change names; absent members stay as they are. The ones that are optional twice are
/// removed where the inner one is absent (RFC 7396 §1: null removes).
struct ServiceChange {
  std::optional<std::string> description;
  std::optional<std::optional<std::string>> tenant_id, system_id, env;
  std::optional<std::vector<std::string>> audiences;
  std::optional<std::optional<std::chrono::seconds>> token_lifetime;
  std::optional<ThresholdChange> thresholds;
  AuthenticationChange authentication;
  std::optional<std::optional<std::vector<std::string>>> default_scopes;
  std::optional<json::Value> custom_claims;  ///< an object, whose nulls remove; null removes all

  bool changes_token_content() const { return default_scopes || custom_claims; }
  bool empty() const {
    return !description && !tenant_id && !system_id && !env && !audiences && !token_lifetime &&
           !thresholds && !changes_token_content() && authentication.empty();
  }
};

/// Makes an active service without any scope, and its first secret, hashed under the pepper, where
/// it authenticates by one; an agent where it has thresholds.
RegisteredService register_service(db::Transaction& transaction, const crypto::Keyring& keyring,
                                   std::string name, std::string description, Time now,
                                   const std::optional<auth::Thresholds>& thresholds = {},
                                   Authentication authentication = {});

/// By client_id, those after `after`.
std::vector<Service> list_services(db::Connection& connection, std::string_view after, int limit);

/// The changes below need a transaction with the platform's scope. They come one after the other,
/// so that two of them cannot each leave the other's as the last admin. All throw Failure 404
/// `client_not_found`.

/// Throws Failure 400 `nothing_to_change`, 404 `tenant_not_found`, 422 `last_admin` where the last
/// admin would be bound to a tenant, 422 `not_an_agent` for thresholds of what is none, 422
/// `custom_claims_too_large`, 422 where it could not authenticate any more (apply()).
Service change_service(db::Transaction& transaction, std::string_view client_id,
                       const ServiceChange& change, Time now);

/// `status` is active or disabled. Idempotent. A disabled service gets no tokens, and those it has
/// stop working within a second. Throws Failure 422 `last_admin`.
Service set_status(db::Transaction& transaction, std::string_view client_id,
                   std::string_view status, Time now);

/// Revokes every token that the service has been issued so far. As tokens carry whole seconds, one
/// that is issued within the second of `now` is revoked too.
Service revoke_tokens(db::Transaction& transaction, std::string_view client_id, Time now);

/// Throws Failure 403 unless the service, whose scope the route has checked, is bound to no tenant:
/// whoever manages services could otherwise step out of their tenant.
void require_platform_service(const auth::Principal& caller);

}  // namespace gatehouse::services
