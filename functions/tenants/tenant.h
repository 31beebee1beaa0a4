#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "auth/principal.h"
#include "core/secret.h"
#include "core/time.h"
#include "crypto/keyring.h"
#include "db/connection.h"

namespace gatehouse::tenants {

/// A customer's application: a space of users of its own.
struct Tenant {
  std::string id;  ///< `tnt_...`
  std::string name;
  std::string status = "active";  ///< active, disabled
  int password_min_length = 6;
  bool refuse_common_passwords = false;
  std::optional<std::chrono::seconds> user_token_lifetime;  ///< absent: the server's default
  bool own_issuer = false;  ///< its tokens are of `{issuer}/t/{id}`, not of the platform
  Time created_at{}, updated_at{};
};

/// What a change of a tenant's settings names; absent members stay as they are.
struct TenantChange {
  std::optional<std::string> name;
  std::optional<int> password_min_length;
  std::optional<bool> refuse_common_passwords;
  std::optional<std::chrono::seconds> user_token_lifetime;
  std::optional<bool> own_issuer;  ///< issuer.h

  bool empty() const {
    return !name && !password_min_length && !refuse_common_passwords && !user_token_lifetime &&
           !own_issuer;
  }
};

/// A new tenant and its keys, which are shown this once.
struct CreatedTenant {
  Tenant tenant;
  Secret public_key, secret_key;
};

/// The public view of a tenant.
struct TenantCard {
  std::string id, name, secret_key_fingerprint, public_key;
  Time created_at;
};

/// Makes a tenant with one key of each kind. `transaction` must have the scope of `id`.
CreatedTenant create_tenant(db::Transaction& transaction, const crypto::Keyring& keyring,
                            std::string id, std::string name, Time now);

/// Throws Failure 404 `tenant_not_found`.
TenantCard show_tenant(db::Connection& connection, std::string_view id);

/// Throws Failure 400 `nothing_to_change`, 404.
Tenant change_tenant(db::Transaction& transaction, std::string_view id, const TenantChange& change,
                     Time now);

/// Disables or enables. Idempotent. A disabled tenant's keys, sessions and bound services stop
/// working within a second; nothing is deleted. Throws Failure 404.
Tenant set_status(db::Transaction& transaction, std::string_view id, std::string_view status,
                  Time now);

/// The tenants of a service's reach, by id: all, or the one it is bound to.
std::vector<Tenant> list_tenants(db::Connection& connection, const auth::Principal& service,
                                 std::string_view after, int limit);

/// Throws Failure 404 unless the caller may manage the tenant: with the tenant's own secret key, or
/// as a service (whose scope the route has checked) that is bound to no other tenant. The answer
/// does not tell whether the tenant exists.
void require_manager(const auth::Principal& caller, std::string_view tenant_id);

}  // namespace gatehouse::tenants
