#include "database.h"

#include <cstdlib>
#include <stdexcept>

#include "core/ids.h"

namespace test {

using namespace gatehouse;

const Settings& settings() {
  static const Settings loaded = [] {
    const char* path = std::getenv("GATEHOUSE_CONFIG");
    if (!path) throw std::runtime_error("run this inside tests/with_database");
    return load_settings(path, [](const char* name) { return std::getenv(name); });
  }();
  return loaded;
}

db::ConnectionOptions options(const std::string& role) {
  return db::connection_options(settings(), "gatehouse_" + role);
}

db::ConnectionOptions superuser() {
  auto made = db::connection_options(settings(), "postgres");
  made.conninfo += " options='-c search_path=gatehouse'";
  made.timeout = std::chrono::seconds(20);
  return made;
}

std::string unique(const std::string& prefix) {
  return make_id(prefix + "_", SystemClock().now());
}

Household::Household() {
  execute("INSERT INTO tenants (id, name) VALUES ('" + tenant +
          "', 'a house');"
          "INSERT INTO users (id, tenant_id, email, email_key, password_hash) VALUES ('" +
          user + "', '" + tenant +
          "', 'a@example.com', 'a@example.com', 'x');"
          "INSERT INTO sessions (id, tenant_id, user_id, expires_at) VALUES ('" +
          session + "', '" + tenant + "', '" + user +
          "', now() + interval '1 hour');"
          "INSERT INTO one_time_tokens (token_hash, tenant_id, user_id, purpose, expires_at) "
          "VALUES ('" +
          session + "', '" + tenant + "', '" + user +
          "', 'password_reset', now() + interval '1 hour');"
          "INSERT INTO tenant_keys (id, tenant_id, kind, key_hash, fingerprint) VALUES ('" +
          unique("tky") + "', '" + tenant + "', 'secret', '" + tenant +
          "', 'x');"
          "INSERT INTO sys_audit_logs (id, tenant_id, event, outcome, actor_kind) VALUES ('" +
          unique("aud") + "', '" + tenant + "', 'x', 'success', 'operator')");
}

void execute(const std::string& sql) {
  db::Connection(superuser()).execute(sql);
}

std::int64_t count(const std::string& query) {
  db::Connection connection(superuser());
  return connection.read(db::Scope::none(), {"test_count", query.c_str()}).integer(0, "count");
}

}  // namespace test
