// What the audit row adds to a write: the transaction of POST /v1/tenants with and without it,
// against a real PostgreSQL, on as many connections at once as a function has threads.
#include <chrono>
#include <cstdlib>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "audit/event.h"
#include "core/ids.h"
#include "core/settings.h"
#include "core/time.h"
#include "crypto/keyring.h"
#include "db/connection.h"
#include "rounds.h"
#include "tenants/tenant.h"

using namespace gatehouse;

namespace {

constexpr int connections = 4, writes_of_each = 250;

void write(db::Connection& connection, const crypto::Keyring& keyring, bool audited) {
  const Time now = SystemClock().now();
  const std::string id = make_id("tnt_", now);
  db::Transaction transaction(connection, db::Scope::tenant(id));
  tenants::create_tenant(transaction, keyring, id, "Bench", now);
  if (audited) {
    const auth::Principal stranger;
    const audit::Subject subject{.tenant_id = id, .resource_type = "tenant", .resource_id = id};
    audit::record(transaction,
                  {.code = "tenant.created",
                   .outcome = "success",
                   .actor = stranger,
                   .on_behalf_of = {},
                   .route = "/v1/tenants",
                   .remote_address = "127.0.0.1",
                   .trace_id = "4bf92f3577b34da6a3ce929d0e0e4736",
                   .request_id = "req_4bf92f3577b34da6a3ce929d0e0e4736",
                   .subject = subject},
                  now);
  }
  transaction.commit();
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = load_settings(std::getenv("GATEHOUSE_CONFIG"),
                                          [](const char* name) { return std::getenv(name); });
  const crypto::Keyring keyring = crypto::Keyring::load(settings.keyring_file);
  std::deque<db::Connection> open;
  for (int i = 0; i < connections; ++i) {
    open.emplace_back(db::connection_options(settings, "gatehouse_tenants"));
  }
  const auto round = [&](bool audited) {
    const auto began = std::chrono::steady_clock::now();
    std::vector<std::jthread> threads;
    for (db::Connection& connection : open) {
      threads.emplace_back([&] {
        for (int i = 0; i < writes_of_each; ++i) write(connection, keyring, audited);
      });
    }
    threads.clear();
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - began;
    return took.count() / (connections * writes_of_each);
  };
  bench::compare(
      argc > 1 ? std::atoi(argv[1]) : 15, [&] { return round(false); },
      [&] { return round(true); });
}
