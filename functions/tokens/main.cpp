#include <cstdio>

#include "fcgi/program.h"
#include "tokens/rotate_keys.h"
#include "tokens/routes.h"

namespace {

void rotate_keys(gatehouse::fcgi::Platform& platform, gatehouse::db::Connection& connection) {
  using namespace gatehouse;
  const auto made =
      tokens::rotate_keys(connection, platform.settings, platform.keyring, platform.clock);
  std::puts(tokens::describe(made, platform.settings).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  return gatehouse::fcgi::run({.name = "tokens",
                               .routes = gatehouse::tokens::routes,
                               .signs_tokens = true,
                               .jobs = {{"rotate-keys", rotate_keys}}},
                              argc, argv);
}
