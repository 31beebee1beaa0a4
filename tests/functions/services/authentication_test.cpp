#include "services/authentication.h"

#include "crypto/signing.h"
#include "fixture.h"
#include "jose/jwk.h"
#include "services/cleanup.h"

namespace gatehouse::services {
namespace {

std::string jwks() {
  const auto key = crypto::PrivateKey::generate(crypto::Algorithm::es256).public_key();
  return jose::jwks({{"k1", crypto::Algorithm::es256, key}});
}

struct Authenticating : Fixture {
  std::string admin = token(make_service({"internal:admin"}), "internal:admin");

  http::Response register_with(const std::string& members) {
    return call(http::Method::post, "/v1/internal/services/register", {},
                R"({"service_name":"a")" + members + "}");
  }
  http::Response change(const std::string& id, const std::string& body) {
    return call(http::Method::patch, "/v1/internal/services/" + id, admin, body);
  }
  static std::string shown(const http::Response& response, std::string_view name) {
    const auto body = json::parse(response.body);
    const auto* value = body.find(name);
    return value == nullptr ? "(absent)" : json::to_text(*value);
  }
};

BOOST_FIXTURE_TEST_SUITE(authentication, Authenticating)

BOOST_AUTO_TEST_CASE(service_with_a_key_or_certificate_is_made_without_a_secret) {
  for (const std::string& members :
       {R"(,"token_endpoint_auth_method":"private_key_jwt","jwks":)" + jwks(),
        std::string(R"(,"token_endpoint_auth_method":"tls_client_auth",)"
                    R"("tls_client_auth_san_dns":"a.example")")}) {
    const auto made = register_with(members);
    BOOST_TEST(made.status == 201, made.body);
    BOOST_TEST(shown(made, "client_secret") == "(absent)");
    const std::string id = text_of(json::parse(made.body), "client_id");
    BOOST_TEST(count("SELECT count(*) FROM service_secrets WHERE client_id = '" + id + "'") == 0);
  }
  const auto plain = register_with(R"(,"token_endpoint_auth_method":"client_secret_basic")");
  BOOST_TEST(shown(plain, "client_secret") != "(absent)");
  BOOST_TEST(shown(plain, "token_endpoint_auth_method") == "\"client_secret_basic\"");
}

BOOST_AUTO_TEST_CASE(change_names_what_it_changes_and_null_removes) {
  const std::string id = make_service();
  const auto keyed =
      change(id, R"({"token_endpoint_auth_method":"private_key_jwt","jwks":)" + jwks() + "}");
  BOOST_TEST(keyed.status == 200, keyed.body);
  BOOST_TEST(find(id).authentication.jwks.has_value());
  const auto bound = change(id, R"({"dpop_bound_access_tokens":true})");
  BOOST_TEST(shown(bound, "dpop_bound_access_tokens") == "true");
  BOOST_TEST(shown(bound, "token_endpoint_auth_method") == "\"private_key_jwt\"");
  BOOST_TEST(code_of(change(id, R"({"jwks":null})")) == "keys_required");
  const auto back = change(id, R"({"token_endpoint_auth_method":null,"jwks":null,)"
                               R"("dpop_bound_access_tokens":false})");
  BOOST_TEST(back.status == 200, back.body);
  BOOST_TEST(!find(id).authentication.method.has_value());
  BOOST_TEST(!find(id).authentication.jwks.has_value());
  BOOST_TEST(!find(id).authentication.dpop_bound);
}

BOOST_AUTO_TEST_CASE(one_name_of_a_certificate_takes_the_place_of_another) {
  const std::string id = make_service();
  change(id, R"({"token_endpoint_auth_method":"tls_client_auth",)"
             R"("tls_client_auth_subject_dn":"CN=a,O=b"})");
  const auto changed = change(
      id, R"({"tls_client_auth_subject_dn":null,"tls_client_auth_san_uri":"urn:example:a"})");
  BOOST_TEST(changed.status == 200, changed.body);
  BOOST_TEST(shown(changed, "tls_client_auth_subject_dn") == "(absent)");
  BOOST_TEST(shown(changed, "tls_client_auth_san_uri") == "\"urn:example:a\"");
  BOOST_TEST(code_of(change(id, R"({"tls_client_auth_san_uri":null})")) == "certificate_required");
  BOOST_TEST(
      code_of(change(id, R"({"token_endpoint_auth_method":"self_signed_tls_client_auth"})")) ==
      "certificate_required");
}

BOOST_AUTO_TEST_CASE(keys_are_registered_or_published_and_urls_are_guarded) {
  const auto made = register_with(
      R"(,"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"https://a.example/jwks")");
  BOOST_TEST(made.status == 201, made.body);
  const std::string id = text_of(json::parse(made.body), "client_id");
  BOOST_TEST(find(id).authentication.jwks_uri.value() == "https://a.example/jwks");
  BOOST_TEST(code_of(change(id, R"({"jwks":)" + jwks() + "}")) == "two_key_sources");
  for (const char* url : {"http://a.example/jwks", "https://127.0.0.1/jwks", "https://[::1]/",
                          "file:///etc/passwd", "https://u:p@a.example/", "jwks", ""}) {
    BOOST_TEST(code_of(change(id, R"({"jwks_uri":")" + std::string(url) + "\"}")) ==
               "jwks_uri_invalid");
  }
  const auto put = call(http::Method::put, "/v1/internal/services/" + id + "/keys", admin, jwks());
  BOOST_TEST(put.status == 200, put.body);
  BOOST_TEST(!find(id).authentication.jwks_uri.has_value());
}

BOOST_AUTO_TEST_CASE(stored_keys_are_public_and_each_has_an_id) {
  const auto key = crypto::PrivateKey::generate(crypto::Algorithm::eddsa).public_key();
  const std::string stored =
      read_key_set(json::parse(R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":")" + key.jwk().x +
                               R"(","note":"of line 3"}]})"));
  BOOST_TEST(stored == jose::jwks({{jose::thumbprint(key), crypto::Algorithm::eddsa, key}}));
  const std::string long_id(201, 'k');
  BOOST_TEST(failure_of([&] {
               read_key_set(json::parse(R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":")" +
                                        key.jwk().x + R"(","kid":")" + long_id + "\"}]}"));
             }) == "jwks_invalid");
}

BOOST_AUTO_TEST_CASE(used_ids_go_when_what_they_belong_to_has_ended) {
  execute(
      "INSERT INTO used_once VALUES ('\\x01', now() - interval '1 minute'),"
      " ('\\x02', now() + interval '1 hour')");
  BOOST_TEST(clean_up(database, settings, clock).deleted.at("used_once") >= 1);
  BOOST_TEST(count("SELECT count(*) FROM used_once WHERE expires_at < now()") == 0);
  BOOST_TEST(count("SELECT count(*) FROM used_once WHERE id = '\\x02'") == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace gatehouse::services
