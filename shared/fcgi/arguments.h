#pragma once

#include <stdexcept>
#include <string>

#include "fcgi/program.h"

namespace gatehouse::fcgi {

/// What the command line of a function asks for.
struct Arguments {
  enum class Action { serve, job, routes, version, help };
  Action action = Action::serve;
  std::string settings_path;
  std::string listen;  ///< a path; empty: fd 0
  std::string job;
};

/// The command line is wrong; what() says how.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

Arguments parse_arguments(const Function& function, int argc, char** argv);
std::string help_text(const Function& function);

/// `{"function", "routes": [{method, path, access, scope, body, body_limit, audit, idempotency,
/// lane}]}`
std::string describe_routes(const Function& function, const http::Routes& routes);

}  // namespace gatehouse::fcgi
