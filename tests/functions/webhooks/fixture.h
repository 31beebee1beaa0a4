#pragma once

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/ids.h"
#include "core/settings.h"
#include "core/time.h"
#include "crypto/keyring.h"
#include "db/connection.h"
#include "support/failure.h"
#include "support/superuser.h"
#include "webhooks/endpoint.h"

namespace gatehouse::webhooks {

using test::failure_of;

/// A tenant, with the connections of this function's role and of the superuser, whom neither grants
/// nor row-level security bind.
struct Fixture {
  Settings settings =
      load_settings(std::getenv("GATEHOUSE_CONFIG"), [](const char*) { return nullptr; });
  crypto::Keyring keyring = crypto::Keyring::load(settings.keyring_file);
  db::Connection database{db::connection_options(settings, "gatehouse_webhooks")};
  db::Connection superuser{test::superuser_options(settings)};
  const Time now = SystemClock().now();
  const std::string tenant = make_tenant();

  std::string make_tenant() {
    const std::string id = make_id("tnt_", now);
    superuser.execute("INSERT INTO tenants (id, name) VALUES ('" + id + "', 'a tenant')");
    return id;
  }

  /// Runs a change in a transaction of its own, with the scope of a tenant.
  template <typename Work>
  auto commit(std::string_view of, Work work) {
    db::Transaction transaction(database, db::Scope::tenant(of));
    auto result = work(transaction);
    transaction.commit();
    return result;
  }
  template <typename Work>
  auto commit(Work work) {
    return commit(tenant, std::move(work));
  }

  /// Who shows the tenant's secret key.
  static auth::Principal key_of(std::string_view tenant_id) {
    return {.credential = auth::Credential::secret_key,
            .tenant_id = std::string(tenant_id),
            .key_id = "tky_test",
            .user_id = {},
            .session_id = {},
            .client_id = {},
            .scopes = {},
            .token_id = {}};
  }

  CreatedEndpoint make_endpoint(EndpointSettings wanted = {.url = "https://example.com/hook",
                                                           .description = "ours",
                                                           .event_types = {"user.*"},
                                                           .rate_per_second = {}}) {
    return commit([&](db::Transaction& transaction) {
      return create_endpoint(transaction, keyring, tenant, wanted, now);
    });
  }

  std::int64_t count(const std::string& sql) {
    return superuser.read(db::Scope::none(), {"", ("SELECT count(*) " + sql).c_str()})
        .integer(0, "count");
  }
};

}  // namespace gatehouse::webhooks
