#pragma once

#include <fcgiapp.h>

#include <string>
#include <string_view>

#include "http/message.h"

namespace gatehouse::fcgi {

/// Bodies that are longer are cut off here and refused by the pipeline; nginx refuses them before.
/// An event with its 256 KiB is the longest.
inline constexpr std::size_t max_body = 264 * 1024UL;

/// Caps on what a server in front may send as parameters, so that nobody's request can exhaust
/// memory.
inline constexpr std::size_t max_params = 128;
inline constexpr std::size_t max_param_bytes = 64 * 1024;

/// One connection of nginx's and the request that is on it. For one thread at a time; it may be
/// handed on between threads while a request is being served, or parked between two requests.
class Connection {
 public:
  /// Takes over a socket that has been accepted.
  explicit Connection(int accepted);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Takes the next request, of which something must have come in. False if the peer has closed
  /// instead; the object is then of no further use.
  bool receive();

  /// Reads the parameters and the body of the request that receive() found. False if they are not
  /// acceptable: answer 400.
  bool read();
  const http::Request& request() const { return request_; }

  /// Sends the answer and ends the request. What it held of secrets is wiped.
  void send(const http::Response& response);

  /// Whether another request may follow: not where nginx wants to close, and not behind a body of
  /// which something was left unread. Ask after send().
  bool reusable() const { return whole_ && fcgx_.ipcFd >= 0; }

  /// The socket, for epoll.
  int socket() const { return fcgx_.ipcFd; }

 private:
  void read_params();
  bool read_body();
  void skip_body();

  FCGX_Request fcgx_{};
  http::Request request_;
  std::size_t content_length_ = 0;
  bool acceptable_ = true;
  bool whole_ = true;  ///< the request has been read to its end
  std::string body_, out_, trace_id_, request_id_;
};

/// Status line, headers and body as CGI wants them (RFC 3875 §6), appended to `out`.
void append_cgi_response(std::string& out, const http::Response& response,
                         const http::Request& request);

/// Takes one parameter (RFC 3875 §4.1, or one of nginx's GATEHOUSE_*) into the request. Used by
/// FastCGI and CGI alike. `content_length` becomes SIZE_MAX where it is no number.
void take_param(http::Request& request, std::size_t& content_length, std::string_view name,
                std::string_view value);

/// Fills in what the server in front did not send: ids to trace the request by. `trace` and `id`
/// own them.
void complete_ids(http::Request& request, std::string& trace, std::string& id);

}  // namespace gatehouse::fcgi
