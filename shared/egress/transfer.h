#pragma once

#include <chrono>
#include <memory>

#include "egress/guard.h"
#include "egress/handles.h"
#include "egress/request.h"

namespace gatehouse::egress {

/// One call: curl's handle, set up so that nothing gets past the guard, and what has come of it.
/// Its address must not change, since curl's callbacks hold it.
class Transfer {
 public:
  /// Throws std::invalid_argument (Request::headers) and std::bad_alloc. `url` is the guard's.
  Transfer(const Guard& guard, Url url, Request request);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* handle() const { return easy_.get(); }
  const std::string& origin() const { return url_.origin; }

  /// What became of it, once curl is done with the handle. Call once.
  Outcome finish(CURLcode code);

 private:
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
  static curl_socket_t on_open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);

  bool take_header(std::string_view line);
  bool take_body(std::string_view bytes);
  bool too_slow() const;
  void count(std::size_t bytes);
  void set_up();
  void set_method();
  std::optional<FailureKind> failure_of(CURLcode code) const;

  const Guard& guard_;
  Url url_;
  Request request_;
  HeaderList headers_;
  Outcome outcome_;
  std::size_t header_bytes_ = 0;
  std::size_t received_ = 0;
  std::chrono::steady_clock::time_point first_byte_;
  bool headers_ended_ = false;
  bool address_refused_ = false;
  bool too_large_ = false;
  bool slow_ = false;
  EasyHandle easy_;  ///< last: gone before what its callbacks touch
};

/// To be called before any handle is made that is no Transfer's. Thread-safe.
void prepare_library();

/// A call that ends before it began.
Outcome failed(FailureKind kind, std::string_view text);

}  // namespace gatehouse::egress
