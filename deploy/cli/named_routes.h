#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::cli {

/// `set $gatehouse_route NAME;` in a file of nginx's.
struct NamedRoute {
  std::string name;   ///< without quotes; may hold variables of nginx's, and then is no route
  std::string place;  ///< `path:line`
};

/// Those of each file, and of each *.conf below each folder, in order. Comments name nothing.
/// Throws CommandError where a path cannot be read.
std::vector<NamedRoute> named_routes(const std::vector<std::string>& paths);

}  // namespace gatehouse::cli
