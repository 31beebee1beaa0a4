#pragma once

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "auth/api_keys.h"
#include "core/encoding.h"
#include "core/error.h"
#include "core/ids.h"
#include "core/settings.h"
#include "core/time.h"
#include "crypto/keyring.h"
#include "crypto/machine_secret.h"
#include "db/connection.h"
#include "support/superuser.h"
#include "tenants/keys.h"
#include "tenants/tenant.h"

namespace gatehouse::tenants {

/// For BOOST_CHECK_EXCEPTION: the Failure has this code.
inline auto has_code(std::string_view code) {
  return [code](const Failure& failure) { return failure.code() == code; };
}

/// The connections of this function's role and of the superuser, whom neither grants nor row-level
/// security bind.
struct Fixture {
  Settings settings = load_settings(std::getenv("GATEHOUSE_CONFIG"),
                                    [](const char* name) { return std::getenv(name); });
  crypto::Keyring keyring = crypto::Keyring::load(settings.keyring_file);
  db::Connection connection{db::connection_options(settings, "gatehouse_tenants")};
  db::Connection superuser{test::superuser_options(settings)};
  Time now = SystemClock().now();

  /// Runs `work` in a transaction with the scope of the tenant and commits.
  template <typename Work>
  auto commit(db::Connection& with, std::string_view tenant_id, Work work) const {
    db::Transaction transaction(with, db::Scope::tenant(tenant_id));
    auto result = work(transaction);
    transaction.commit();
    return result;
  }
  template <typename Work>
  auto commit(std::string_view tenant_id, Work work) {
    return commit(connection, tenant_id, std::move(work));
  }

  CreatedTenant add_tenant(const std::string& name = "A tenant") {
    const std::string id = make_id("tnt_", now);
    return commit(id, [&](db::Transaction& transaction) {
      return create_tenant(transaction, keyring, id, name, now);
    });
  }

  NewKey rotate(const std::string& tenant_id, KeyKind kind, std::chrono::seconds grace, Time at) {
    return commit(tenant_id, [&](db::Transaction& transaction) {
      return rotate_key(transaction, keyring, tenant_id, kind, grace, at);
    });
  }

  Tenant change(const std::string& tenant_id, const TenantChange& wanted) {
    return commit(tenant_id, [&](db::Transaction& transaction) {
      return change_tenant(transaction, tenant_id, wanted, now);
    });
  }

  Tenant set_status_of(const std::string& tenant_id, std::string_view status) {
    return commit(tenant_id, [&](db::Transaction& transaction) {
      return set_status(transaction, tenant_id, status, now);
    });
  }

  /// What a request with this key would be taken for at that time; nothing is cached.
  std::optional<auth::ApiKey> look_up(const Secret& key, Time at) {
    auth::EpochWatch epochs(settings.cache_max_stale);
    const auto found = auth::ApiKeys(keyring, epochs, 16).find(key.reveal(), connection, at);
    return found ? std::optional(*found) : std::nullopt;
  }
  bool works(const Secret& key, Time at) { return look_up(key, at).has_value(); }

  std::int64_t count(const std::string& sql) {
    return superuser.read(db::Scope::none(), {"", sql.c_str()}).integer(0, "count");
  }
};

}  // namespace gatehouse::tenants
