#pragma once

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <string>
#include <vector>

#include "audit/trail.h"
#include "core/error.h"
#include "core/ids.h"
#include "core/settings.h"
#include "core/time.h"
#include "db/connection.h"

namespace gatehouse::trail {

/// The database of tests/with_database, as this function's role.
struct Fixture {
  Settings settings =
      load_settings(std::getenv("GATEHOUSE_CONFIG"), [](const char*) { return nullptr; });
  SystemClock clock;
  db::Connection database{db::connection_options(settings, "gatehouse_audit")};
  std::string tenant = make_id("tnt_", clock.now());

  /// What is in this test's own trail, newest first.
  std::vector<Entry> entries(Filter filter = {}) {
    filter.tenant_id = tenant;
    return read_trail(database, filter, 1000);
  }
};

}  // namespace gatehouse::trail
