#include <cstdio>

#include "audit/routes.h"
#include "audit/sealer.h"
#include "fcgi/program.h"
#include "json/write.h"

namespace {

void seal(gatehouse::fcgi::Platform& platform, gatehouse::db::Connection& connection) {
  using namespace gatehouse;
  const audit::Sealing done = audit::seal_trail(connection, platform.keyring,
                                                platform.settings.audit_seal_file, platform.clock);
  json::Writer out;
  out.begin_object()
      .member("seals", done.seals)
      .member("rows", done.rows)
      .member("filed", done.filed)
      .member("waiting", done.waiting)
      .member("complete", done.complete)
      .end_object();
  std::puts(out.text().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  return gatehouse::fcgi::run(
      {.name = "audit", .routes = gatehouse::trail::routes, .jobs = {{"seal", seal}}}, argc, argv);
}
