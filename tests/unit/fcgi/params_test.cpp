#include <boost/test/unit_test.hpp>
#include <cstdint>

#include "fcgi/connection.h"

namespace gatehouse::fcgi {
namespace {

http::Request request_with(std::string_view name, std::string_view value) {
  http::Request request;
  std::size_t length = 0;
  take_param(request, length, name, value);
  return request;
}

std::size_t length_of(std::string_view value) {
  http::Request request;
  std::size_t length = 0;
  take_param(request, length, "CONTENT_LENGTH", value);
  return length;
}

}  // namespace

BOOST_AUTO_TEST_CASE(path_and_query_come_from_the_raw_uri) {
  const http::Request request = request_with("REQUEST_URI", "/v1/users%2F?limit=1&x=?");
  BOOST_TEST(request.path == "/v1/users%2F");
  BOOST_TEST(request.query == "limit=1&x=?");
}

BOOST_AUTO_TEST_CASE(client_headers_cannot_pose_as_the_server_in_front) {
  BOOST_TEST(request_with("HTTP_REMOTE_ADDR", "10.0.0.1").remote_address == "");
  BOOST_TEST(request_with("HTTP_GATEHOUSE_TRACE_ID", std::string(32, 'a')).trace_id == "");
  BOOST_TEST(request_with("HTTP_GATEHOUSE_TLS_VERIFIED", "SUCCESS").tls_verified == "");
  BOOST_TEST(request_with("HTTP_GATEHOUSE_TLS_CERTIFICATE", "x").tls_certificate == "");
  BOOST_TEST(request_with("HTTP_X_CLIENT_CERT", "x").tls_certificate == "");
  BOOST_TEST(request_with("GATEHOUSE_TLS_CERTIFICATE", "x").tls_certificate == "x");
}

BOOST_AUTO_TEST_CASE(two_proofs_are_none) {
  http::Request request;
  std::size_t length = 0;
  take_param(request, length, "HTTP_DPOP", "a.b.c");
  BOOST_TEST(request.dpop == "a.b.c");
  take_param(request, length, "HTTP_DPOP", "a.b.c");
  BOOST_TEST(request.dpop == ",");
}

BOOST_AUTO_TEST_CASE(ids_of_another_form_are_not_taken) {
  BOOST_TEST(request_with("GATEHOUSE_TRACE_ID", "ABC").trace_id == "");
  BOOST_TEST(request_with("GATEHOUSE_TRACE_ID", std::string(32, 'G')).trace_id == "");
  BOOST_TEST(request_with("GATEHOUSE_REQUEST_ID", "req_x").request_id == "");
}

BOOST_AUTO_TEST_CASE(callers_trace_is_taken_where_the_server_in_front_names_none) {
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736", other(32, 'a');
  const std::string header = "00-" + trace + "-00f067aa0ba902b7-01";
  BOOST_TEST(request_with("HTTP_TRACEPARENT", header).trace_id == trace);
  BOOST_TEST(request_with("HTTP_TRACEPARENT", header + "0").trace_id == "");
  for (const bool header_first : {true, false}) {
    http::Request request;
    std::size_t length = 0;
    if (header_first) take_param(request, length, "HTTP_TRACEPARENT", header);
    take_param(request, length, "GATEHOUSE_TRACE_ID", other);
    if (!header_first) take_param(request, length, "HTTP_TRACEPARENT", header);
    BOOST_TEST(request.trace_id == other);
  }
}

BOOST_AUTO_TEST_CASE(time_of_passing_on_is_seconds_and_milliseconds) {
  const auto at = [](std::string_view text) {
    return request_with("GATEHOUSE_PASSED_ON", text).passed_on.time_since_epoch();
  };
  BOOST_TEST((at("1700000000.123") == std::chrono::milliseconds(1700000000123)));
  for (const char* bad : {"", "1700000000", "1700000000.", "1700000000.1234", "1700000000.-12",
                          "-5.000", "x.123", "9223372036854775807.000"}) {
    BOOST_TEST((at(bad) == std::chrono::milliseconds(0)), bad);
  }
}

BOOST_AUTO_TEST_CASE(missing_ids_are_made) {
  http::Request request;
  std::string trace, id;
  complete_ids(request, trace, id);
  BOOST_TEST(request.trace_id.size() == 32U);
  BOOST_TEST(request.request_id.starts_with("req_"));
}

BOOST_AUTO_TEST_CASE(content_length_that_is_no_number_is_too_large) {
  BOOST_TEST(length_of("12") == 12U);
  for (const char* bad : {"-1", "1x", "0x10", "99999999999999999999999", " 1"}) {
    BOOST_TEST(length_of(bad) == SIZE_MAX, bad);
  }
}

BOOST_AUTO_TEST_CASE(response_carries_its_ids_and_length) {
  http::Request request;
  request.trace_id = "t";
  request.request_id = "r";
  std::string out;
  append_cgi_response(out, {405, "{}", {{"Allow", "GET"}}}, request);
  BOOST_TEST(
      out ==
      "Status: 405 Method Not Allowed\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
      "X-Trace-Id: t\r\nX-Request-Id: r\r\nAllow: GET\r\n\r\n{}");
}

}  // namespace gatehouse::fcgi
