#pragma once

#include <string>

namespace gatehouse::cli {

/// Where this release's migrations are: installed, or in the sources it was built from, else `sql`.
std::string find_sql_directory();

}  // namespace gatehouse::cli
