#include "fcgi/program.h"
#include "webhooks/deliver.h"
#include "webhooks/routes.h"

namespace {

template <bool once>
void deliver(gatehouse::fcgi::Platform& platform, gatehouse::db::Connection&) {
  gatehouse::webhooks::deliver(platform.settings, platform.keyring, platform.clock, once);
}

}  // namespace

int main(int argc, char** argv) {
  return gatehouse::fcgi::run(
      {.name = "webhooks",
       .routes = gatehouse::webhooks::routes,
       .jobs = {{"deliver", deliver<false>}, {"deliver --once", deliver<true>}}},
      argc, argv);
}
