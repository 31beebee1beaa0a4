#pragma once

#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/ids.h"
#include "core/settings.h"
#include "core/time.h"
#include "crypto/keyring.h"
#include "db/connection.h"
#include "users/login.h"
#include "users/password_hasher.h"
#include "users/registration.h"

namespace gatehouse::users {

/// For BOOST_CHECK_EXCEPTION: the Failure has this code.
inline auto has_code(std::string_view code) {
  return [code](const Failure& failure) { return failure.code() == code; };
}

inline bool is_ended_session(const db::StatementError& error) {
  return error.sqlstate() == db::session_ended;
}

/// A tenant of its own for each test, and the connections of this function's role.
struct Fixture {
  Settings settings = load_settings(std::getenv("GATEHOUSE_CONFIG"),
                                    [](const char* name) { return std::getenv(name); });
  crypto::Keyring keyring = crypto::Keyring::load(settings.keyring_file);
  db::Connection connection{db::connection_options(settings, "gatehouse_users")};
  PasswordHasher hasher{{.memory_kib = 64, .passes = 1}};
  Time now = SystemClock().now();
  std::string tenant = make_tenant();

  std::string make_tenant(int password_min_length = 6, bool refuse_common_passwords = false,
                          const char* status = "active") const {
    static constexpr db::Statement insert{
        "test_insert_tenant",
        "INSERT INTO tenants (id, name, password_min_length, refuse_common_passwords, status)"
        " VALUES ($1, 'Test', $2::int, $3::boolean, $4)"};
    const std::string id = make_id("tnt_", now);
    db::Connection tenants(db::connection_options(settings, "gatehouse_tenants"));
    tenants.write(db::Scope::tenant(id), insert,
                  {id, password_min_length, refuse_common_passwords, status});
    return id;
  }

  /// Runs `work` in a transaction with the scope of `tenant_id` and commits.
  template <typename Work>
  auto commit(const db::Scope& scope, Work work) {
    db::Transaction transaction(connection, scope);
    if constexpr (std::is_void_v<decltype(work(transaction))>) {
      work(transaction);
      transaction.commit();
    } else {
      auto result = work(transaction);
      transaction.commit();
      return result;
    }
  }
  template <typename Work>
  auto commit(Work work) {
    return commit(db::Scope::tenant(tenant), std::move(work));
  }

  User add_user(const std::string& email, const std::string& password = "correct horse",
                const std::string& tenant_id = {}) {
    const std::string owner = tenant_id.empty() ? tenant : tenant_id;
    const Registration registration{
        .email = email,
        .profile = {},
        .password_hash = prepare_registration(connection, hasher, owner, email, Secret(password))};
    return commit(db::Scope::tenant(owner), [&](db::Transaction& transaction) {
      return register_user(transaction, owner, registration, now);
    });
  }

  Authenticated check(const std::string& email, const std::string& password = "correct horse") {
    return check_password(connection, hasher, tenant, email, Secret(password));
  }

  Session session() const {
    return {.id = make_id("ses_", now),
            .created_at = now,
            .expires_at = now + std::chrono::hours(1),
            .remote_address = "192.0.2.1",
            .user_agent = "test"};
  }

  /// Logs in and returns the scope that requests with the session's token have.
  db::Scope log_in(const std::string& email, const std::string& password = "correct horse") {
    const Authenticated login = check(email, password);
    const Session opened = session();
    commit([&](db::Transaction& transaction) { open_session(transaction, login, opened); });
    return db::Scope::session(tenant, login.user.id, opened.id);
  }

  bool alive(const db::Scope& scope) {
    static constexpr db::Statement nothing{"test_nothing", "SELECT 1"};
    try {
      connection.read(scope, nothing);
      return true;
    } catch (const db::StatementError& error) {
      if (!is_ended_session(error)) throw;
      return false;
    }
  }

  /// Runs `attempt` on that many threads at once, each with a connection of its own, and counts
  /// those that succeeded; the others have to fail with `code`.
  int race(int threads, std::string_view code,
           const std::function<void(db::Connection&)>& attempt) const {
    std::vector<std::string> outcomes(static_cast<std::size_t>(threads));
    {
      std::vector<std::jthread> running;
      for (std::string& outcome : outcomes) {
        running.emplace_back([this, &outcome, &attempt] {
          try {
            db::Connection own(db::connection_options(settings, "gatehouse_users"));
            attempt(own);
            outcome = "done";
          } catch (const Failure& failure) {
            outcome = failure.code();
          } catch (const std::exception& error) {
            outcome = error.what();
          }
        });
      }
    }
    int done = 0;
    for (const std::string& outcome : outcomes) {
      if (outcome == "done") {
        ++done;
      } else if (outcome != code) {
        throw std::runtime_error("an attempt failed with: " + outcome);
      }
    }
    return done;
  }
};

}  // namespace gatehouse::users
