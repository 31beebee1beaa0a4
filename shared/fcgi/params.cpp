#include <charconv>
#include <chrono>
#include <cstdint>

#include "core/trace.h"
#include "fcgi/connection.h"

namespace gatehouse::fcgi {
namespace {

bool is_request_id(std::string_view text) {
  return text.starts_with("req_") && is_trace_id(text.substr(4));  // as many digits
}

void take_header(http::Request& request, std::string_view name, std::string_view value) {
  if (name == "AUTHORIZATION")
    request.authorization = value;
  else if (name == "USER_AGENT")
    request.user_agent = value;
  else if (name == "IDEMPOTENCY_KEY")
    request.idempotency_key = value;
  else if (name == "X_DEVICE_TOKEN")
    request.device_token = value;
  else if (name == "DPOP")
    request.dpop = request.dpop.empty() ? value : ",";  // RFC 9449 §4.3: one, and this is none
  else if (name == "CONTENT_ENCODING")
    request.content_encoding = value;
  else if (name == "TRACEPARENT" && request.trace_id.empty())
    request.trace_id = trace_id_of(value);  // GATEHOUSE_TRACE_ID wins, wherever it stands
}

/// nginx's $msec: seconds, a point, milliseconds.
std::chrono::system_clock::time_point to_time(std::string_view text) {
  std::int64_t seconds = 0;
  int milliseconds = 0;
  const auto [point, error] = std::from_chars(text.begin(), text.end(), seconds);
  if (error != std::errc() || text.end() - point != 4 || *point != '.') return {};
  const auto [end, error_behind] = std::from_chars(point + 1, text.end(), milliseconds);
  constexpr std::int64_t most = 1LL << 33;  // what the clock's type holds in nanoseconds
  if (error_behind != std::errc() || end != text.end() || milliseconds < 0 || seconds < 0 ||
      seconds > most) {
    return {};
  }
  return std::chrono::system_clock::time_point(std::chrono::seconds(seconds) +
                                               std::chrono::milliseconds(milliseconds));
}

/// GATEHOUSE_GATE_...: asks about another request.
void take_gated(http::Request& request, std::string_view name, std::string_view value) {
  if (!request.gated) request.gated.emplace();
  if (name == "ROUTE")
    request.gated->route = value;
  else if (name == "METHOD")
    request.gated->method = value;
  else if (name == "URI")
    request.gated->path = value.substr(0, value.find('?'));
  else if (name == "ORIGIN")
    request.gated->origin = value;
}

void take_uri(http::Request& request, std::string_view uri) {
  const auto mark = uri.find('?');
  request.path = uri.substr(0, mark);
  request.query = mark == uri.npos ? std::string_view() : uri.substr(mark + 1);
}

}  // namespace

void take_param(http::Request& request, std::size_t& content_length, std::string_view name,
                std::string_view value) {
  constexpr std::string_view gate = "GATEHOUSE_GATE_";
  if (name.starts_with("HTTP_")) return take_header(request, name.substr(5), value);
  if (name.starts_with(gate)) return take_gated(request, name.substr(gate.size()), value);
  if (name == "REQUEST_METHOD")
    request.method = http::parse_method(value);
  else if (name == "REQUEST_URI")
    take_uri(request, value);
  else if (name == "CONTENT_TYPE")
    request.content_type = value;
  else if (name == "REMOTE_ADDR")
    request.remote_address = value;
  else if (name == "GATEHOUSE_TLS_VERIFIED")
    request.tls_verified = value;
  else if (name == "GATEHOUSE_TLS_CERTIFICATE")
    request.tls_certificate = value;
  else if (name == "GATEHOUSE_TRACE_ID" && is_trace_id(value))
    request.trace_id = value;
  else if (name == "GATEHOUSE_REQUEST_ID" && is_request_id(value))
    request.request_id = value;
  else if (name == "GATEHOUSE_PASSED_ON")
    request.passed_on = to_time(value);
  else if (name == "CONTENT_LENGTH" && !value.empty()) {
    const auto [end, error] = std::from_chars(value.begin(), value.end(), content_length);
    if (error != std::errc() || end != value.end()) content_length = SIZE_MAX;
  }
}

void complete_ids(http::Request& request, std::string& trace, std::string& id) {
  if (request.trace_id.empty()) request.trace_id = trace = make_trace_id();
  if (request.request_id.empty()) request.request_id = id = "req_" + make_trace_id();
}

void append_cgi_response(std::string& out, const http::Response& response,
                         const http::Request& request) {
  out.append("Status: ").append(std::to_string(response.status)).append(" ");
  out.append(http::reason_phrase(response.status)).append("\r\n");
  if (!response.body.empty()) out.append("Content-Type: application/json\r\n");
  // The length lets the server in front keep its client's connection without chunking.
  out.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
  out.append("X-Trace-Id: ").append(request.trace_id).append("\r\n");
  out.append("X-Request-Id: ").append(request.request_id).append("\r\n");
  for (const http::Header& header : response.headers) {
    out.append(header.name).append(": ").append(header.value).append("\r\n");
  }
  out.append("\r\n").append(response.body);
}

}  // namespace gatehouse::fcgi
