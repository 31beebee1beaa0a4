#include "fcgi/connection.h"

#include <algorithm>
#include <stdexcept>

#include "core/secret.h"

namespace gatehouse::fcgi {
namespace {

constexpr std::size_t kept_capacity = 16 * 1024UL;

}  // namespace

Connection::Connection(int accepted) {
  constexpr int nobody =
      -1;  // where its peer has closed, libfcgi would accept another from a listener
  if (FCGX_InitRequest(&fcgx_, nobody, 0) != 0) throw std::runtime_error("FCGX_InitRequest failed");
  fcgx_.ipcFd = accepted;
  fcgx_.keepConnection = 1;  // until the first request says whether it is; else receive() closes it
}

Connection::~Connection() {
  FCGX_Free(&fcgx_, 1);
}

bool Connection::receive() {
  return FCGX_Accept_r(&fcgx_) == 0;
}

bool Connection::read() {
  request_ = http::Request();
  content_length_ = 0;
  acceptable_ = true;
  read_params();
  complete_ids(request_, trace_id_, request_id_);
  if (acceptable_) return read_body();
  skip_body();
  return false;
}

// The pointers into envp die with FCGX_Finish_r, which send() calls last.
void Connection::read_params() {
  std::size_t count = 0, bytes = 0;
  for (char** entry = fcgx_.envp; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    bytes += text.size();
    if (++count > max_params || bytes > max_param_bytes) {
      acceptable_ = false;
      return;
    }
    const auto equals = text.find('=');
    if (equals == text.npos) continue;
    take_param(request_, content_length_, text.substr(0, equals), text.substr(equals + 1));
  }
}

bool Connection::read_body() {
  body_.clear();
  whole_ = true;
  if (content_length_ == 0) return true;
  // One byte more than may be, so that the pipeline sees that the body is too large.
  const std::size_t wanted = std::min(content_length_, max_body + 1);
  body_.resize(wanted);
  const int got = FCGX_GetStr(body_.data(), static_cast<int>(wanted), fcgx_.in);
  whole_ = got >= 0 && static_cast<std::size_t>(got) == content_length_;
  if (got < 0 || static_cast<std::size_t>(got) != wanted) return false;
  request_.body = body_;
  return true;
}

// Closing instead would race nginx's next request on this connection, which somebody else has sent.
void Connection::skip_body() {
  body_.resize(max_body);
  const int got = FCGX_GetStr(body_.data(), static_cast<int>(max_body), fcgx_.in);
  whole_ = got >= 0 && static_cast<std::size_t>(got) < max_body;
}

void Connection::send(const http::Response& response) {
  out_.clear();
  append_cgi_response(out_, response, request_);
  FCGX_PutStr(out_.data(), static_cast<int>(out_.size()), fcgx_.out);
  FCGX_Finish_r(&fcgx_);
  wipe(body_);
  wipe(out_);
  // A parked connection keeps no more memory than the usual answer needs.
  if (out_.capacity() > kept_capacity) out_ = std::string();
  if (body_.capacity() > kept_capacity) body_ = std::string();
}

}  // namespace gatehouse::fcgi
