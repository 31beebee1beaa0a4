#include "fcgi/program.h"
#include "tenants/routes.h"

int main(int argc, char** argv) {
  return gatehouse::fcgi::run({.name = "tenants", .routes = gatehouse::tenants::routes}, argc,
                              argv);
}
