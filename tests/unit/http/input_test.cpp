#include "http/input.h"

#include <boost/test/unit_test.hpp>
#include <functional>

#include "core/error.h"
#include "http/input_text.h"
#include "json/parse.h"

using namespace gatehouse;  // NOLINT

namespace {

struct Refusal {
  std::string code, error, next_step;
};

// What a request with this body is told when `read` reads it; all refusals of input are 400.
Refusal refusal(std::string_view body, const std::function<void(const http::Input&)>& read) {
  const json::Value object = json::parse(body);
  try {
    read(http::Input(object, {"email", "name", "count", "flag", "roles", "profile"}));
  } catch (const Failure& failure) {
    BOOST_TEST(failure.status() == 400);
    BOOST_TEST(!failure.next_step().empty());
    return {failure.code(), failure.error(), failure.next_step()};
  }
  return {"accepted", "", ""};
}

void read_email(const http::Input& input) {
  input.email("email");
}
void read_name(const http::Input& input) {
  input.text("name", 8);
}
void read_optional_name(const http::Input& input) {
  input.optional_text("name", 8);
}
void read_count(const http::Input& input) {
  input.optional_integer("count", 1, 10);
}
void read_flag(const http::Input& input) {
  input.optional_boolean("flag");
}
void read_roles(const http::Input& input) {
  input.optional_texts("roles", 3, 5);
}
void read_profile(const http::Input& input) {
  input.optional_object("profile", 16);
}
void read_nothing(const http::Input&) {}

std::string code(std::string_view body, const std::function<void(const http::Input&)>& read) {
  return refusal(body, read).code;
}

}  // namespace

BOOST_AUTO_TEST_CASE(acceptable_members_are_read) {
  const json::Value object = json::parse(
      R"({"email":"a@b.example","name":" é ","count":10,"flag":false,"roles":["x","y"],"profile":{"a":[1.0]}})");
  const http::Input input(object, {"email", "name", "count", "flag", "roles", "profile"});
  BOOST_TEST(input.email("email") == "a@b.example");
  BOOST_TEST(input.optional_email("email").value() == "a@b.example");
  BOOST_TEST(input.text("name", 4) == " é ");
  BOOST_TEST(input.optional_integer("count", 1, 10).value() == 10);
  BOOST_TEST(input.optional_boolean("flag").value() == false);
  BOOST_TEST(input.optional_texts("roles", 2, 1).value().at(1) == "y");
  BOOST_TEST(input.optional_object("profile", 100).value() == R"({"a":[1.0]})");
}

BOOST_AUTO_TEST_CASE(absent_and_null_members_are_none) {
  for (const std::string_view body :
       {"{}",
        R"({"email":null,"name":null,"count":null,"flag":null,"roles":null,"profile":null})"}) {
    const json::Value object = json::parse(body);
    const http::Input input(object, {"email", "name", "count", "flag", "roles", "profile"});
    BOOST_TEST(!input.optional_email("email"));
    BOOST_TEST(!input.optional_text("name", 8));
    BOOST_TEST(!input.optional_integer("count", 1, 10));
    BOOST_TEST(!input.optional_boolean("flag"));
    BOOST_TEST(!input.optional_texts("roles", 1, 1));
    BOOST_TEST(!input.optional_object("profile", 16));
    BOOST_TEST(input.has("name") == (body != "{}"));
  }
}

BOOST_AUTO_TEST_CASE(required_text_that_is_absent_null_or_empty_is_required) {
  for (const std::string_view body : {"{}", R"({"name":null})", R"({"name":""})"}) {
    const Refusal refused = refusal(body, read_name);
    BOOST_TEST(refused.code == "name_required");
    BOOST_TEST(refused.error == "\"name\" is required");
    BOOST_TEST(refused.next_step == "Send a string in the member \"name\".");
  }
}

BOOST_AUTO_TEST_CASE(required_email_that_is_absent_null_or_empty_is_required) {
  for (const std::string_view body : {"{}", R"({"email":null})", R"({"email":""})"}) {
    const Refusal refused = refusal(body, read_email);
    BOOST_TEST(refused.code == "email_required");
    BOOST_TEST(refused.error == "\"email\" is required");
  }
}

BOOST_AUTO_TEST_CASE(email_that_is_none_is_refused_with_the_documented_text) {
  const Refusal refused = refusal(R"({"email":"nobody"})", read_email);
  BOOST_TEST(refused.code == "email_invalid");
  BOOST_TEST(refused.error == "\"email\" is not a valid email");
  BOOST_TEST(code(R"({"email":""})", [](const auto& in) { in.optional_email("email"); }) ==
             "email_invalid");
}

BOOST_AUTO_TEST_CASE(values_of_another_type_are_refused) {
  for (const std::string_view value : {"1", "true", "[]", "{}", "[\"x\"]"}) {
    const std::string name_body = "{\"name\":" + std::string(value) + "}";
    BOOST_TEST(refusal(name_body, read_name).error == "\"name\" must be a string");
    BOOST_TEST(code(name_body, read_name) == "name_invalid");
    BOOST_TEST(code(name_body, read_optional_name) == "name_invalid");
    BOOST_TEST(code("{\"email\":" + std::string(value) + "}", read_email) == "email_invalid");
  }
  for (const std::string_view value :
       {"\"1\"", "1.5", "0", "11", "-1", "1e1", "true", "[]", "{}", "9223372036854775808"}) {
    BOOST_TEST(refusal("{\"count\":" + std::string(value) + "}", read_count).error ==
               "\"count\" must be a whole number from 1 to 10");
  }
  for (const std::string_view value : {"\"true\"", "1", "0", "[]", "{}"}) {
    BOOST_TEST(refusal("{\"flag\":" + std::string(value) + "}", read_flag).error ==
               "\"flag\" must be true or false");
  }
  for (const std::string_view value : {"\"x\"", "1", "[]", "true"}) {
    BOOST_TEST(refusal("{\"profile\":" + std::string(value) + "}", read_profile).error ==
               "\"profile\" must be a JSON object");
  }
  for (const std::string_view value :
       {"\"x\"", "{}", "[1]", "[null]", "[\"\"]", "[\"a\",[\"b\"]]", R"(["a","b","c","d"])"}) {
    BOOST_TEST(refusal("{\"roles\":" + std::string(value) + "}", read_roles).error ==
               "\"roles\" must be an array of at most 3 non-empty strings");
  }
}

BOOST_AUTO_TEST_CASE(texts_over_their_limit_are_too_long) {
  BOOST_TEST(code(R"({"name":"12345678"})", read_name) == "accepted");
  const Refusal refused = refusal(R"({"name":"123456789"})", read_name);
  BOOST_TEST(refused.code == "name_too_long");
  BOOST_TEST(refused.error == "\"name\" must be at most 8 bytes");
  BOOST_TEST(code(R"({"name":"ééééé"})", read_optional_name) == "name_too_long");
  BOOST_TEST(code(R"({"roles":["123456"]})", read_roles) == "roles_too_long");
  BOOST_TEST(code(R"({"profile":{"a":"0123456789"}})", read_profile) == "profile_too_long");
  const std::string email = std::string(64, 'a') + "@" + std::string(187, 'b') + ".co";
  BOOST_TEST(code("{\"email\":\"" + email + "\"}", read_email) == "email_too_long");
}

BOOST_AUTO_TEST_CASE(optional_text_may_be_empty) {
  BOOST_TEST(code(R"({"name":""})", read_optional_name) == "accepted");
}

BOOST_AUTO_TEST_CASE(unknown_member_is_refused_and_the_allowed_ones_are_named) {
  const Refusal refused = refusal(R"({"nmae":"x"})", read_nothing);
  BOOST_TEST(refused.code == "unknown_member");
  BOOST_TEST(refused.error == "\"nmae\" is not a member of this request");
  BOOST_TEST(refused.next_step ==
             "Correct its name or leave it out. Allowed members: email, name, count, flag, roles, "
             "profile.");
  BOOST_TEST(code(R"({"Name":"x"})", read_nothing) == "unknown_member");
  BOOST_TEST(code(R"({"":1})", read_nothing) == "unknown_member");
}

BOOST_AUTO_TEST_CASE(odd_unknown_names_are_shown_harmlessly) {
  BOOST_TEST(refusal(R"({"a\"\\\n\u00e9":1})", read_nothing).error ==
             "\"a?????\" is not a member of this request");
  const std::string body = "{\"" + std::string(5000, 'n') + "\":1}";
  BOOST_TEST(refusal(body, read_nothing).error ==
             '"' + std::string(40, 'n') + "...\" is not a member of this request");
}

BOOST_AUTO_TEST_CASE(body_that_is_no_object_is_refused) {
  for (const std::string_view body : {"[]", "1", "null", "\"x\""}) {
    BOOST_TEST(code(body, read_nothing) == "json_object_required");
  }
}

BOOST_AUTO_TEST_CASE(request_without_members_says_so) {
  const json::Value object = json::parse(R"({"a":1})");
  try {
    const http::Input input(object, {});
    BOOST_ERROR("accepted");
  } catch (const Failure& failure) {
    BOOST_TEST(failure.next_step() == "Leave it out: this request takes no members.");
  }
}

BOOST_AUTO_TEST_CASE(mailboxes_are_told_from_other_texts) {
  for (const std::string_view text :
       {"user@example.com", "a@b.co", "first.last+tag@sub.example.co.uk", "o'neil@x-y.example",
        "1@2.com", "!#$%&'*+-/=?^_`{|}~@example.com", "a@xn--bcher-kva.example", "A@B.COM"}) {
    BOOST_TEST(http::is_email(text), text);
  }
  for (const std::string_view text : {"",
                                      "@",
                                      "a@",
                                      "@b.co",
                                      "a",
                                      "a@b",
                                      "a b@c.co",
                                      "a@b..co",
                                      ".a@b.co",
                                      "a.@b.co",
                                      "a..b@c.co",
                                      "a@-b.co",
                                      "a@b-.co",
                                      "a@b.co.",
                                      "a@.b.co",
                                      "a@b@c.co",
                                      "\"a\"@b.co",
                                      "a@[127.0.0.1]",
                                      "a@127.0.0.1",
                                      "a@b_c.co",
                                      "a@b.co\n",
                                      "a\r\n@b.co",
                                      " a@b.co",
                                      "<a@b.co>",
                                      "é@b.co",
                                      "a@é.co",
                                      "a,b@c.co",
                                      "a@b.co,c@d.co",
                                      "a@b.co;x"}) {
    BOOST_TEST(!http::is_email(text), text);
  }
  BOOST_TEST(http::is_email(std::string(64, 'a') + "@" + std::string(63, 'b') + ".co"));
  BOOST_TEST(!http::is_email(std::string(65, 'a') + "@b.co"));
  BOOST_TEST(!http::is_email("a@" + std::string(64, 'b') + ".co"));
}
