#pragma once

#include <chrono>

#include "core/settings.h"
#include "db/connection.h"

namespace gatehouse::test {

/// Of PostgreSQL's superuser, whom neither grants nor row-level security bind.
inline db::ConnectionOptions superuser_options(const Settings& settings) {
  auto options = db::connection_options(settings, "postgres");
  options.conninfo += " options='-c search_path=gatehouse'";
  options.prepared_statements = false;  // the tests' statements have no names
  options.timeout = std::chrono::seconds(20);
  return options;
}

}  // namespace gatehouse::test
