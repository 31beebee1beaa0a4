#include "users/input.h"

#include <boost/test/unit_test.hpp>

#include "core/error.h"
#include "json/parse.h"
#include "users/render.h"

namespace gatehouse::users {
namespace {

std::string refusal(const std::string& body) {
  const json::Value value = json::parse(body);
  try {
    const http::Input input(value, {"email", "password", "profile", "roles"});
    (void)read_credentials(input);
    (void)read_profile(input);
    (void)read_roles(input);
    return "accepted";
  } catch (const Failure& failure) {
    return std::to_string(failure.status()) + ' ' + failure.code() + ' ' + failure.error();
  }
}

std::string with_roles(const std::string& roles) {
  return R"({"email":"a@example.com","password":"secret","roles":)" + roles + '}';
}

}  // namespace

BOOST_AUTO_TEST_SUITE(input)

BOOST_AUTO_TEST_CASE(what_is_missing_is_said_before_what_is_wrong) {
  BOOST_TEST(refusal("{}") == "400 email_required \"email\" is required");
  BOOST_TEST(refusal(R"({"email":"nonsense"})") ==
             "400 password_required \"password\" is required");
  BOOST_TEST(refusal(R"({"email":"a@example.com","password":""})") ==
             "400 password_required \"password\" is required");
  BOOST_TEST(refusal(R"({"email":"nonsense","password":"secret"})") ==
             "400 email_invalid \"email\" is not a valid email");
}

BOOST_AUTO_TEST_CASE(a_password_has_at_most_1024_bytes) {
  const auto body = [](std::size_t size) {
    return R"({"email":"a@example.com","password":")" + std::string(size, 'x') + "\"}";
  };
  BOOST_TEST(refusal(body(1024)) == "accepted");
  BOOST_TEST(refusal(body(1025)) ==
             "400 password_too_long \"password\" must be at most 1024 bytes");
}

BOOST_AUTO_TEST_CASE(a_profile_is_an_object_of_at_most_8_kib) {
  const auto body = [](const std::string& profile) {
    return R"({"email":"a@example.com","password":"secret","profile":)" + profile + '}';
  };
  BOOST_TEST(refusal(body("[]")).starts_with("400 profile_invalid"));
  BOOST_TEST(refusal(body(R"({"a":")" + std::string(8192 - 8, 'x') + "\"}")) == "accepted");
  BOOST_TEST(refusal(body(R"({"a":")" + std::string(8192, 'x') + "\"}"))
                 .starts_with("400 profile_too_long"));
}

BOOST_AUTO_TEST_CASE(roles_are_different_visible_names) {
  BOOST_TEST(refusal(with_roles(R"(["admin","billing:read"])")) == "accepted");
  BOOST_TEST(refusal(with_roles("[]")) == "accepted");
  BOOST_TEST(refusal(with_roles(R"(["a","a"])")).starts_with("400 roles_invalid"));
  BOOST_TEST(refusal(with_roles(R"(["a b"])")).starts_with("400 roles_invalid"));
  BOOST_TEST(refusal(with_roles(R"(["\""])")).starts_with("400 roles_invalid"));
  BOOST_TEST(refusal(with_roles(R"("admin")")).starts_with("400 roles_invalid"));
}

BOOST_AUTO_TEST_CASE(each_view_of_a_user_shows_what_it_says) {
  User user;
  user.id = "usr_1";
  user.tenant_id = "tnt_1";
  user.email = "a@example.com";
  user.roles = {"admin"};
  const std::string four =
      R"({"id":"usr_1","email":"a@example.com","profile":{},"created_at":"1970-01-01T00:00:00Z")";
  const std::string state = R"(,"roles":["admin"],"status":"active","email_verified_at":null)";
  BOOST_TEST(user_response(200, user, View::own).body == four + "}");
  BOOST_TEST(user_response(200, user, View::tenant).body == four + state + "}");
  BOOST_TEST(user_response(200, user, View::service).body ==
             four + state + R"(,"tenant_id":"tnt_1"})");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace gatehouse::users
