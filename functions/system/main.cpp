#include "fcgi/program.h"
#include "system/routes.h"

int main(int argc, char** argv) {
  return gatehouse::fcgi::run({.name = "system", .routes = gatehouse::system::routes}, argc, argv);
}
