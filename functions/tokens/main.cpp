#include "fcgi/program.h"
#include "tokens/routes.h"

int main(int argc, char** argv) {
  return gatehouse::fcgi::run(
      {.name = "tokens", .routes = gatehouse::tokens::routes, .signs_tokens = true}, argc, argv);
}
