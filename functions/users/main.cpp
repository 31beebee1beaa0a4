#include "fcgi/program.h"
#include "users/routes.h"

int main(int argc, char** argv) {
  return gatehouse::fcgi::run(
      {.name = "users", .routes = gatehouse::users::routes, .signs_tokens = true}, argc, argv);
}
