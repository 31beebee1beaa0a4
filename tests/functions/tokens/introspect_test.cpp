#include <boost/test/unit_test.hpp>

#include "functions/tokens/fixture.h"

using namespace gatehouse;
using namespace gatehouse::tokens;
using namespace std::chrono_literals;

namespace {

constexpr db::Statement revoke_scope{
    "test_revoke_scope", "DELETE FROM service_scopes WHERE client_id = $1 AND scope = $2"};
constexpr db::Statement end_session{"test_end_session",
                                    "UPDATE sessions SET ended_at = now() WHERE id = $1"};
constexpr db::Statement move_service{"test_move_service",
                                     "UPDATE services SET tenant_id = $2 WHERE client_id = $1"};

struct IntrospectFixture : Fixture {
  http::Response ask(const Credentials& who, const std::string& text,
                     const std::string& path = "/oauth/introspect") {
    return send({.path = path, .body = "token=" + text, .authorization = who.basic()});
  }
  void check_inactive(const http::Response& response) {
    BOOST_TEST(response.status == 200);
    BOOST_TEST(response.body == R"({"active":false})");
  }

  /// A resource server of the platform that may see everything.
  const Credentials observer = make_client({.scopes = {"token.introspect"}});
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(introspection, IntrospectFixture)

BOOST_AUTO_TEST_CASE(active_token_says_what_it_is) {
  const std::string tenant = make_tenant();
  const Credentials who = make_client({.tenant_id = tenant, .scopes = {"user:read", "user:write"}});
  const std::string text = access_token(who);
  const auto response = ask(observer, text);
  BOOST_TEST(response.status == 200);
  BOOST_TEST(header(response, "Cache-Control") == "no-store");
  BOOST_TEST(member(response, "active") == "true");
  BOOST_TEST(member(response, "token_type") == "Bearer");
  BOOST_TEST(member(response, "client_id") == who.id);
  BOOST_TEST(member(response, "scope") == "user:read user:write");
  BOOST_TEST(member(response, "tenant") == tenant);
  for (const char* name : {"iss", "sub", "aud", "jti"}) {
    BOOST_TEST(member(response, name) == claim(text, name));
  }
  for (const char* name : {"iat", "exp"}) {
    BOOST_TEST(member(response, name) == gatehouse::json::to_text(*claims(text).find(name)));
  }
}

BOOST_AUTO_TEST_CASE(r12_introspection_is_authenticated) {
  const std::string text = access_token(observer);
  const Credentials unknown{make_id("svc_", clock.now()), observer.secret};
  for (const std::string& authorization : {std::string(), unknown.basic(), "Bearer " + text}) {
    const auto response = send(
        {.path = "/oauth/introspect", .body = "token=" + text, .authorization = authorization});
    BOOST_TEST(response.status == 401);
    BOOST_TEST(member(response, "error") == "invalid_client");
    BOOST_TEST(header(response, "WWW-Authenticate").starts_with("Basic "));
  }
}

BOOST_AUTO_TEST_CASE(r12_foreign_token_shows_only_that_it_is_inactive) {
  const std::string text = access_token(make_client({.scopes = {"user:read"}}));
  check_inactive(ask(make_client({.scopes = {"user:read", "internal:admin"}}), text));
  BOOST_TEST(member(ask(observer, text), "active") == "true");
}

BOOST_AUTO_TEST_CASE(client_sees_its_own_tokens_and_those_for_it) {
  const Credentials server = make_client({});
  const Credentials who = make_client({.audiences = {server.id, "https://other.example/"}});
  const std::string for_server = access_token(who);
  BOOST_TEST(claim(for_server, "aud") == server.id);
  BOOST_TEST(member(ask(who, for_server), "active") == "true");
  BOOST_TEST(member(ask(server, for_server), "active") == "true");
  const std::string for_other =
      member(token("grant_type=client_credentials&resource=https://other.example/", who.basic()),
             "access_token");
  check_inactive(ask(server, for_other));
}

BOOST_AUTO_TEST_CASE(r36_scope_of_a_bound_client_reaches_its_tenant_only) {
  const std::string tenant = make_tenant();
  const Credentials bound = make_client({.tenant_id = tenant, .scopes = {"token.introspect"}});
  const std::string same = access_token(make_client({.tenant_id = tenant}));
  BOOST_TEST(member(ask(bound, same), "active") == "true");
  check_inactive(ask(bound, access_token(make_client({.tenant_id = make_tenant()}))));
  check_inactive(ask(bound, access_token(make_client({}))));
}

BOOST_AUTO_TEST_CASE(garbage_and_forgeries_are_inactive) {
  const std::string text = access_token(make_client({}));
  std::string forged = text;
  forged[text.rfind('.') + 10] = forged[text.rfind('.') + 10] == 'A' ? 'B' : 'A';
  check_inactive(ask(observer, "x"));
  check_inactive(ask(observer, forged));
  check_inactive(ask(observer, std::string(9000, 'a')));
  check_inactive(ask(observer, "eyJhbGciOiJub25lIn0." + text.substr(text.find('.') + 1)));
  const auto none = send({.path = "/oauth/introspect",
                          .body = "token_type_hint=access_token",
                          .authorization = observer.basic()});
  BOOST_TEST(none.status == 400);
  BOOST_TEST(member(none, "error") == "invalid_request");
  BOOST_TEST(member(none, "code") == "token_required");
}

BOOST_AUTO_TEST_CASE(what_is_over_is_inactive_though_it_was_seen) {
  const Credentials disabled = make_client({}), who = make_client({.scopes = {"a", "b"}});
  const std::string of_disabled = access_token(disabled), text = access_token(who);
  BOOST_TEST(member(ask(observer, of_disabled), "active") == "true");
  BOOST_TEST(member(ask(observer, text), "scope") == "a b");
  disable_client(disabled.id);
  services.write(db::Scope::none(), revoke_scope, {who.id, "b"});
  forget();
  check_inactive(ask(observer, of_disabled));
  BOOST_TEST(member(ask(observer, text), "scope") == "a");
  clock.offset = 301s;
  check_inactive(ask(observer, text));
}

BOOST_AUTO_TEST_CASE(token_seen_before_needs_no_database) {
  const std::string text = access_token(make_client({}));
  BOOST_TEST(member(ask(observer, text), "active") == "true");
  db::Connection nowhere({.conninfo = "host=/nonexistent dbname=none", .timeout = 50ms});
  const auto response = send(
      {.path = "/oauth/introspect", .body = "token=" + text, .authorization = observer.basic()},
      nowhere);
  BOOST_TEST(member(response, "active") == "true");
}

BOOST_AUTO_TEST_CASE(users_token_is_active_while_its_session_is) {
  const std::string tenant = make_tenant(), user = make_user(tenant);
  const Credentials service = make_client({.scopes = {"auth:token"}});
  const std::string text = delegated_token(service, tenant, user);
  for (const Credentials& who : {observer, service}) {
    const auto response = ask(who, text);
    BOOST_TEST(member(response, "active") == "true");
    BOOST_TEST(member(response, "sub") == user);
    BOOST_TEST(member(response, "client_id") == service.id);
    BOOST_TEST(member(response, "act") == R"({"sub":")" + service.id + "\"}");
  }
  check_inactive(ask(make_client({.scopes = {"auth:token"}}), text));
  users.write(db::Scope::tenant(tenant), end_session, {claim(text, "sid")});
  check_inactive(ask(observer, text));
}

BOOST_AUTO_TEST_CASE(a_tenants_issuer_knows_its_own_tokens_only) {
  const std::string tenant = make_tenant();
  const Credentials bound = make_client({.tenant_id = tenant, .scopes = {"token.introspect"}});
  const std::string before = access_token(bound);
  open_issuer(tenant);
  const std::string path = "/t/" + tenant + "/oauth/introspect", own = access_token(bound);
  BOOST_TEST(member(ask(bound, own, path), "iss") == settings.issuer + "/t/" + tenant);
  check_inactive(ask(bound, before, path));
  BOOST_TEST(member(ask(bound, before), "active") == "true");
  BOOST_TEST(ask(observer, own, path).status == 401, "of the platform's issuer");
}

BOOST_AUTO_TEST_CASE(client_that_was_moved_leaves_its_tokens_behind) {
  const std::string tenant = make_tenant();
  open_issuer(tenant);
  const Credentials bound = make_client({.tenant_id = tenant});
  const std::string text = access_token(bound);
  BOOST_TEST(member(ask(observer, text), "active") == "true");
  services.write(db::Scope::none(), move_service, {bound.id, make_tenant()});
  forget();
  check_inactive(ask(observer, text));
}

BOOST_AUTO_TEST_SUITE_END()
