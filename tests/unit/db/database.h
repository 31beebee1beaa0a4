#pragma once

#include <chrono>
#include <string>

#include "core/settings.h"
#include "db/connection.h"

/// The database that tests/with_database lends.
namespace test {

const gatehouse::Settings& settings();

/// As `gatehouse_<role>`.
gatehouse::db::ConnectionOptions options(const std::string& role);
/// As the cluster's superuser, whom row-level security does not bind.
gatehouse::db::ConnectionOptions superuser();

/// An id that no other test uses.
std::string unique(const std::string& prefix);

/// A tenant with one user who has one live session; made as superuser.
struct Household {
  std::string tenant = unique("tnt"), user = unique("usr"), session = unique("ses");
  Household();
  gatehouse::db::Scope scope() const { return gatehouse::db::Scope::tenant(tenant); }
};

/// Runs SQL as superuser.
void execute(const std::string& sql);
std::int64_t count(const std::string& query);

}  // namespace test
