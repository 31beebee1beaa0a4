#include <boost/test/unit_test.hpp>

#include "http/route.h"

namespace gatehouse::http {
namespace {

Route row(Method method, std::string_view path) {
  return {.method = method, .path = path, .handle = {}, .access = auth::Access::anyone()};
}

const Router& router() {
  static const Router built({row(Method::get, "/v1/users/:id"), row(Method::get, "/v1/users/me"),
                             row(Method::del, "/v1/users/:id"), row(Method::post, "/v1/users"),
                             row(Method::post, "/v1/users/:id/keys/:kind")});
  return built;
}

std::string_view found(Method method, std::string_view path) {
  const Router::Match match = router().find(method, path);
  return match.route == nullptr ? "" : match.route->path;
}

}  // namespace

BOOST_AUTO_TEST_CASE(fixed_path_wins_over_a_parameter) {
  BOOST_TEST(found(Method::get, "/v1/users/me") == "/v1/users/me");
  BOOST_TEST(found(Method::get, "/v1/users/usr_1") == "/v1/users/:id");
}

BOOST_AUTO_TEST_CASE(parameters_are_the_segments_in_order) {
  const Router::Match match = router().find(Method::post, "/v1/users/a/keys/b");
  BOOST_REQUIRE(match.route != nullptr);
  BOOST_REQUIRE(match.parameters.size() == 2U);
  BOOST_TEST(match.parameters[0] == "a");
  BOOST_TEST(match.parameters[1] == "b");
}

BOOST_AUTO_TEST_CASE(other_spellings_of_a_path_match_nothing) {
  for (const char* path :
       {"/v1/users/", "//v1/users", "/v1//users", "/v1/users/%6De", "/v1/users/.", "/v1/users/..",
        "/v1/./users", "/v1/users/a/../b", "/V1/users", "v1/users", "", "/", "/v1/users/a%2Fkeys/b",
        "*", "/v1/users/\xff/keys/b", "/v1/users/\xc3\xbc/keys/b", "/v1/users/a b/keys/b"}) {
    BOOST_TEST(found(Method::post, path) == "", path);
    BOOST_TEST(router().find(Method::post, path).allow == "", path);
  }
}

BOOST_AUTO_TEST_CASE(known_path_with_another_method_names_those_it_has) {
  const Router::Match match = router().find(Method::put, "/v1/users/x");
  BOOST_TEST(match.route == nullptr);
  BOOST_TEST(match.allow == "GET, DELETE");
}

BOOST_AUTO_TEST_CASE(fixed_path_is_no_parameter_whatever_the_method) {
  const Router::Match match = router().find(Method::del, "/v1/users/me");
  BOOST_TEST(match.route == nullptr);
  BOOST_TEST(match.allow == "GET");
}

BOOST_AUTO_TEST_CASE(change_raises_an_event_of_its_audit_code_unless_its_row_says_otherwise) {
  Route route = row(Method::post, "/v1/users");
  BOOST_TEST(event_of(route) == "");
  route.audit = "user.registered";
  BOOST_TEST(event_of(route) == "user.registered");
  route.event = "user.created";
  BOOST_TEST(event_of(route) == "user.created");
  route.event = no_event;
  BOOST_TEST(event_of(route) == "");
}

BOOST_AUTO_TEST_CASE(head_is_answered_like_get) {
  BOOST_TEST(found(Method::head, "/v1/users/x") == "/v1/users/:id");
  BOOST_TEST(found(Method::head, "/v1/users") == "");
}

}  // namespace gatehouse::http
