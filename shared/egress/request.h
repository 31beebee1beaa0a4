#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::egress {

/// What one call may take. Every figure is a bound, not a promise.
struct Limits {
  std::chrono::milliseconds connect{5'000};  ///< DNS, TCP and TLS
  std::chrono::milliseconds total{15'000};   ///< all of it, connecting included
  std::size_t header_bytes = 16 * 1024;      ///< of all of the answer's headers
  std::size_t body_bytes = 64 * 1024;        ///< of the answer's body
  /// From `slow_after` on, counted from the answer's first byte, it must have come at this rate.
  std::size_t bytes_per_second = 64;
  std::chrono::milliseconds slow_after{3'000};
};

enum class Method { get, post };

struct Request {
  Method method = Method::get;
  std::string url;
  /// Beside Host, User-Agent, Content-Length and Accept, which are made here. Names are tokens
  /// (RFC 9110 §5.6.2), values have no control characters: anything else is std::invalid_argument.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  ///< of a POST
  Limits limits;
  /// An answer whose body is too long: true keeps what fits and counts as an answer, false is a
  /// failure. Either way no more is read.
  bool cut_long_body = false;
};

enum class FailureKind {
  url,        ///< Guard::check refused it
  address,    ///< the name resolves only to addresses that the guard refuses
  dns,        ///< the name does not resolve
  connect,    ///< nobody accepted the connection
  tls,        ///< no TLS, or no trusted certificate for that name
  time_out,   ///< one of the time limits, the least rate included
  too_large,  ///< headers or body
  redirect,   ///< 3xx but 304: `status` and `headers` are there, nobody followed
  broken,     ///< closed too early, or no HTTP
  cancelled,  ///< by whoever submitted it
  internal,   ///< this side's fault: no memory, no CA file
};

/// What a tenant may be told: constant texts that say nothing of addresses. `address` and `dns`
/// read alike, so that nobody learns which names exist inside.
std::string_view text_of(FailureKind kind);

/// The answer, or why there is none.
struct Outcome {
  std::optional<FailureKind> failure;
  std::string_view text;  ///< of the failure, safe to show to a tenant; never dangles
  int status = 0;         ///< 0 where no status line came
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;       ///< at most Limits::body_bytes; as sent, no encoding is undone
  bool body_cut = false;  ///< there was more
  bool reused = false;    ///< on a connection of an earlier call
  std::chrono::microseconds latency{0};

  bool succeeded() const { return !failure && status >= 200 && status < 300; }
  /// The first header of that name (lower case); empty where there is none.
  std::string_view header(std::string_view name) const;
};

}  // namespace gatehouse::egress
