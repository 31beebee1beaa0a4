#include "tokens/request.h"

#include <boost/test/unit_test.hpp>

#include "core/encoding.h"
#include "core/error.h"
#include "tokens/client_credentials.h"

using namespace gatehouse;
using namespace gatehouse::tokens;

namespace {

const std::string grant = "grant_type=client_credentials";

std::string basic(std::string_view pair) {
  return "Basic " + to_base64(as_bytes(pair));
}

auto refusal(int status, std::string_view code) {
  return
      [=](const Failure& failure) { return failure.status() == status && failure.code() == code; };
}

struct Read {
  TokenRequest asked;
  ClientCredentials client;
};

Read read(const std::string& text, const std::string& authorization) {
  Form form(text);
  TokenRequest asked = read_token_request(form);
  http::Request request;
  request.authorization = authorization;
  return {std::move(asked), read_client_credentials(form, request)};
}

void refused(const std::string& form, const std::string& authorization, int status,
             std::string_view code) {
  BOOST_TEST_CONTEXT(form << " / " << authorization) {
    BOOST_CHECK_EXCEPTION(read(form, authorization), Failure, refusal(status, code));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(request)

BOOST_AUTO_TEST_CASE(basic_and_body_credentials_are_read) {
  const Read by_header = read(grant + "&scope=a+b", basic("id:se%2Bcret"));
  BOOST_TEST(by_header.client.client_id == "id");
  BOOST_TEST(by_header.client.secret.reveal() == "se+cret");
  BOOST_TEST(by_header.asked.scope == "a b");
  const Read by_body =
      read(grant + "&client_id=id&client_secret=s%3Dx&resource=urn%3Aa&audience=b", "");
  BOOST_TEST(by_body.client.client_id == "id");
  BOOST_TEST(by_body.client.secret.reveal() == "s=x");
  BOOST_TEST(by_body.asked.resource == "urn:a");
  BOOST_TEST(by_body.asked.audience == "b");
}

BOOST_AUTO_TEST_CASE(unknown_parameters_are_ignored_and_empty_ones_count_as_absent) {
  const Read got = read(grant + "&colour=red&scope=&client_secret=&client_id=", basic("id:x"));
  BOOST_TEST(got.asked.scope.empty());
  BOOST_TEST(got.client.client_id == "id");
}

BOOST_AUTO_TEST_CASE(client_id_in_the_body_may_repeat_the_one_of_the_header) {
  BOOST_TEST(read(grant + "&client_id=id", basic("id:x")).client.client_id == "id");
  refused(grant + "&client_id=other", basic("id:x"), 400, "client_id_mismatch");
}

BOOST_AUTO_TEST_CASE(r02_two_ways_of_client_authentication_are_refused) {
  refused(grant + "&client_id=id&client_secret=x", basic("id:x"), 400,
          "two_client_authentications");
  refused(grant + "&client_secret=x", "Bearer abc", 400, "two_client_authentications");
  refused(grant + "&client_assertion=x", basic("id:x"), 400, "two_client_authentications");
  refused(grant + "&client_assertion_type=x&client_id=a&client_secret=b", "", 400,
          "two_client_authentications");
}

BOOST_AUTO_TEST_CASE(missing_or_malformed_credentials_are_401_with_a_basic_challenge) {
  refused(grant, "", 401, "client_credentials_required");
  refused(grant + "&client_id=id", "", 401, "client_credentials_required");
  refused(grant + "&client_assertion=x&client_assertion_type=y", "", 401,
          "client_assertion_type_unknown");
  for (const std::string& header :
       {std::string("Basic"), std::string("Basic !!!"), basic("no-colon"), basic(":secret"),
        std::string("Bearer abc"), basic("id\n:secret"), std::string("Digest username=\"id\"")}) {
    refused(grant, header, 401, "authorization_malformed");
  }
  try {
    read(grant, "");
    BOOST_ERROR("was not refused");
  } catch (const Failure& failure) {
    BOOST_TEST(failure.challenge() == basic_challenge);
  }
}

BOOST_AUTO_TEST_CASE(secret_without_client_id_is_refused) {
  refused(grant + "&client_secret=x", "", 400, "client_id_required");
}

BOOST_AUTO_TEST_CASE(r04_only_client_credentials_is_a_grant) {
  refused("scope=a", basic("id:x"), 400, "grant_type_required");
  refused("grant_type=", basic("id:x"), 400, "grant_type_required");
  for (const char* other : {"password", "authorization_code", "refresh_token", "implicit",
                            "Client_Credentials", "client_credentials%20"}) {
    refused(std::string("grant_type=") + other, basic("id:x"), 400, "unsupported_grant_type");
  }
}

BOOST_AUTO_TEST_CASE(repeated_parameters_are_refused) {
  refused(grant + "&" + grant, basic("id:x"), 400, "repeated_parameter");
  refused(grant + "&scope=a&scope=a", basic("id:x"), 400, "repeated_parameter");
  refused(grant + "&scope=&scope=a", basic("id:x"), 400, "repeated_parameter");
  refused(grant + "&sc%6Fpe=b&scope=a", basic("id:x"), 400, "repeated_parameter");
  refused(grant + "&x=1&x=2", basic("id:x"), 400, "repeated_parameter");
  refused(grant + "&resource=urn%3Aa&resource=urn%3Ab", basic("id:x"), 400, "invalid_target");
}

BOOST_AUTO_TEST_CASE(malformed_forms_are_refused) {
  refused("grant_type=%zz", basic("id:x"), 400, "form_malformed");
  refused(grant + "&scope=%00", basic("id:x"), 400, "form_malformed");
  refused(grant + "&scope=%ff", basic("id:x"), 400, "form_malformed");
}

BOOST_AUTO_TEST_SUITE_END()
