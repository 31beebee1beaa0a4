#pragma once

#include "http/worker.h"

namespace gatehouse::fcgi {

/// True if a web server started this process as a CGI program (RFC 3875 §4.1).
bool started_as_cgi();

/// Answers the one request that the environment and stdin hold, on stdout.
void serve_cgi(http::Worker& worker);

}  // namespace gatehouse::fcgi
