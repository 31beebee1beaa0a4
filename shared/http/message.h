#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::http {

enum class Method { get, head, post, put, patch, del, options, other };
Method parse_method(std::string_view name);
std::string_view method_name(Method method);

/// What nginx asks the gate about: another request, and the route that its location names.
struct Gated {
  std::string_view route;   ///< empty where the location names none
  std::string_view method;  ///< as it was sent
  std::string_view path;    ///< raw, without the query
  std::string_view origin;  ///< of the server that it came to, where that is not the issuer's
};

/// One request as the transport received it. Views are valid until the answer has been sent.
struct Request {
  Method method = Method::other;
  std::string_view path;   ///< raw, percent-encoding untouched, without the query
  std::string_view query;  ///< raw, without '?'
  std::string_view content_type;
  std::string_view content_encoding;
  std::string_view authorization;
  std::string_view idempotency_key;
  std::string_view user_agent;
  std::string_view device_token;
  std::string_view dpop;  ///< a proof; "," where there is more than one
  std::string_view body;
  std::string_view remote_address;  ///< as nginx's real-IP module settled it
  std::string_view tls_verified;  ///< nginx's word on the client's certificate: SUCCESS, NONE, ...
  std::string_view tls_certificate;  ///< the client's, PEM as nginx escapes it; "" without one
  std::string_view trace_id;    ///< nginx's GATEHOUSE_TRACE_ID, else the caller's, else made here
  std::string_view request_id;  ///< `req_` + 32 hex digits
  /// Only where nginx asks about another request; no client's header can make it so.
  std::optional<Gated> gated = {};
  /// When the server in front passed it on, by its clock; the epoch where it does not say.
  std::chrono::system_clock::time_point passed_on{};
  std::chrono::steady_clock::time_point received = std::chrono::steady_clock::now();
};

struct Header {
  std::string_view name;  ///< a literal
  std::string value;
};

struct Response {
  int status = 500;  ///< until somebody says otherwise
  std::string body;  ///< JSON, or empty
  std::vector<Header> headers;
  std::string code = {};  ///< of the error that it tells of, for the log; empty: none
};

std::string_view reason_phrase(int status);

}  // namespace gatehouse::http
