// What a client controls of a request before any of it is authenticated: parameters, path, query,
// headers.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "fcgi/connection.h"
#include "http/input.h"
#include "http/problem.h"
#include "http/route.h"
#include "json/parse.h"

using namespace gatehouse;

namespace {

http::Route row(http::Method method, std::string_view path) {
  return {.method = method, .path = path, .handle = {}, .access = auth::Access::anyone()};
}

void read_query(std::string_view raw) {
  try {
    http::read_page(http::Query(raw, {"limit", "cursor"}), "usr_");
  } catch (const Failure&) {
  }
}

}  // namespace

/// The input is `NAME=value` lines, as a server in front sends parameters.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const http::Router router({row(http::Method::get, "/v1/users/:id"),
                                    row(http::Method::get, "/v1/users/me"),
                                    row(http::Method::post, "/v1/tenants/:id/keys/:kind/rotate")});
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  http::Request request;
  std::size_t content_length = 0;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const auto equals = line.find('=');
    if (equals == line.npos) continue;
    fcgi::take_param(request, content_length, line.substr(0, equals), line.substr(equals + 1));
  }
  std::string trace, id;
  fcgi::complete_ids(request, trace, id);
  const http::Router::Match match = router.find(request.method, request.path);
  if (match.route != nullptr && request.path.find('%') != request.path.npos) std::abort();
  read_query(request.query);

  const http::Response answer = http::problem(Failure(404, "x", "x", "x"), request);
  json::parse(answer.body);  // whatever the request held, the answer is JSON
  std::string out;
  fcgi::append_cgi_response(out, answer, request);
  if (out.find("\r\n\r\n") != out.size() - answer.body.size() - 4)
    std::abort();  // no header smuggled in
  return 0;
}
