#include "http/problem.h"

#include <boost/test/unit_test.hpp>

#include "json/parse.h"

namespace gatehouse::http {
namespace {

json::Value shown(const Failure& failure, std::string_view path) {
  Request request;
  request.path = path;
  request.trace_id = "trace";
  request.request_id = "req_1";
  return json::parse(problem(failure, request).body);
}

std::string header(const Response& response, std::string_view name) {
  for (const Header& one : response.headers) {
    if (one.name == name) return one.value;
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_CASE(problem_has_every_member_of_the_documented_shape) {
  const json::Value body =
      shown(Failure(404, "user_not_found", "user not found", "Look."), "/v1/users/x");
  BOOST_TEST(body.find("error")->as_string() == "user not found");
  BOOST_TEST(body.find("message")->as_string() == "user not found");
  BOOST_TEST(body.find("code")->as_string() == "user_not_found");
  BOOST_TEST(body.find("next_step")->as_string() == "Look.");
  BOOST_TEST(body.find("trace_id")->as_string() == "trace");
  BOOST_TEST(body.find("request_id")->as_string() == "req_1");
}

BOOST_AUTO_TEST_CASE(oauth_endpoints_answer_with_the_registered_codes) {
  const auto error = [](const Failure& failure) {
    return shown(failure, "/oauth/token").find("error")->as_string();
  };
  BOOST_TEST(error(Failure(401, "invalid_client", "Client not found", "")) == "invalid_client");
  BOOST_TEST(error(Failure(400, "form_malformed", "x", "")) == "invalid_request");
  BOOST_TEST(error(Failure(503, "overloaded", "x", "")) == "temporarily_unavailable");
  BOOST_TEST(error(Failure(500, "internal_error", "x", "")) == "server_error");
}

BOOST_AUTO_TEST_CASE(oauth_error_text_is_the_description) {
  const json::Value body =
      shown(Failure(401, "invalid_client", "Client not found", ""), "/oauth/token");
  BOOST_TEST(body.find("error_description")->as_string() == "Client not found");
}

BOOST_AUTO_TEST_CASE(every_401_has_a_challenge) {
  const Response plain = problem(Failure(401, "x", "x", ""), {});
  BOOST_TEST(header(plain, "WWW-Authenticate") == "Bearer realm=\"gatehouse\"");
  const Response own =
      problem(Failure(401, "x", "x", "").challenge("Basic realm=\"gatehouse\""), {});
  BOOST_TEST(header(own, "WWW-Authenticate") == "Basic realm=\"gatehouse\"");
}

BOOST_AUTO_TEST_CASE(retry_after_and_allow_become_headers) {
  BOOST_TEST(header(problem(Failure(503, "x", "x", "").retry_after(std::chrono::seconds(7)), {}),
                    "Retry-After") == "7");
  BOOST_TEST(header(problem(Failure(405, "x", "x", "").allow("GET"), {}), "Allow") == "GET");
}

}  // namespace gatehouse::http
