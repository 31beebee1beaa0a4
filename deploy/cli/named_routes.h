#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::cli {

/// `set $gatehouse_route NAME;` in a file of nginx's.
struct NamedRoute {
  std::string name;   ///< without quotes; may hold variables of nginx's, and then is no route
  std::string place;  ///< `path:line`
  bool open = false;  ///< it stands in a location that does not include protect.conf: nobody asks
};

/// Those of each file, and of each *.conf below each folder, in order. Comments name nothing. A
/// location that lies in another has to include protect.conf itself, since it takes over no
/// headers. Throws CommandError where a path cannot be read.
std::vector<NamedRoute> named_routes(const std::vector<std::string>& paths);

}  // namespace gatehouse::cli
