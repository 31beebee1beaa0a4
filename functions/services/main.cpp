#include <cstdio>

#include "fcgi/program.h"
#include "services/cleanup.h"
#include "services/render.h"
#include "services/routes.h"

namespace {

void cleanup_tokens(gatehouse::fcgi::Platform& platform, gatehouse::db::Connection& connection) {
  using namespace gatehouse::services;
  std::puts(describe(clean_up(connection, platform.settings, platform.clock)).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  return gatehouse::fcgi::run({.name = "services",
                               .routes = gatehouse::services::routes,
                               .jobs = {{"cleanup-tokens", cleanup_tokens}}},
                              argc, argv);
}
