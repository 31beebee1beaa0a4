#include "fcgi/program.h"
#include "webhooks/routes.h"

int main(int argc, char** argv) {
  return gatehouse::fcgi::run({.name = "webhooks", .routes = gatehouse::webhooks::routes}, argc,
                              argv);
}
