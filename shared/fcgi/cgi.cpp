#include "fcgi/cgi.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

#include "fcgi/connection.h"

namespace gatehouse::fcgi {
namespace {

/// At most `wanted` bytes of stdin: a CGI program must not read beyond CONTENT_LENGTH (RFC 3875
/// §4.2).
std::string read_body(std::size_t wanted) {
  std::string body(std::min(wanted, max_body + 1), '\0');
  std::size_t have = 0;
  while (have < body.size()) {
    const ssize_t got = ::read(STDIN_FILENO, body.data() + have, body.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  body.resize(have);
  return body;
}

void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(STDOUT_FILENO, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return;  // the server has gone; nobody is left to tell
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

}  // namespace

bool started_as_cgi() {
  return std::getenv("GATEWAY_INTERFACE") != nullptr && std::getenv("REQUEST_METHOD") != nullptr;
}

void serve_cgi(http::Worker& worker) {
  http::Request request;
  std::size_t content_length = 0;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals == text.npos) continue;
    take_param(request, content_length, text.substr(0, equals), text.substr(equals + 1));
  }
  std::string trace, id;
  complete_ids(request, trace, id);
  const std::string body = read_body(content_length);
  request.body = body;

  std::string out;
  append_cgi_response(out, worker.serve(request), request);
  write_all(out);
}

}  // namespace gatehouse::fcgi
