#include "tokens/gate.h"

#include <boost/test/unit_test.hpp>

#include "crypto/hash.h"
#include "functions/tokens/fixture.h"
#include "gate/store.h"
#include "jose/jwk.h"

using namespace gatehouse;
using namespace gatehouse::tokens;
using namespace std::chrono_literals;

namespace {

/// nginx, which asks about requests for what a route of a policy of its own protects.
struct AtTheGate : Fixture {
  AtTheGate() { put({}); }

  /// What is empty is left as `service` with any method needs it.
  void put(gate::Policy policy) {
    policy.name = route;
    if (policy.methods.empty()) policy.methods = {"GET", "POST"};
    if (policy.callers.empty()) policy.callers = {"service"};
    gate::complete(policy);
    db::Transaction transaction(services, db::Scope::none());
    gate::put(transaction, policy);
    transaction.commit();
    forget();
  }

  struct Asked {
    std::string authorization, dpop = {}, method = "GET", path = "/orders/1", origin = {};
    std::string request_id = make_id("req_", SystemClock().now());
  };
  http::Response ask(const Asked& asked, const std::string& about) {
    http::Request request;
    request.method = http::Method::get;
    request.path = "/gatehouse/decision";
    request.authorization = asked.authorization;
    request.dpop = asked.dpop;
    request.remote_address = "192.0.2.7";
    request.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
    request.request_id = asked.request_id;
    request.gated = {about, asked.method, asked.path, asked.origin};
    return pipeline.serve(request, database);
  }
  http::Response ask(const Asked& asked) { return ask(asked, route); }
  std::string code(const Asked& asked) {
    const http::Response response = ask(asked);
    return response.status == 200 ? std::string() : member(response, "code");
  }

  const std::string route = "route-" + make_id("", SystemClock().now());
  const Credentials who = make_client({.scopes = {"orders:write"}});
};

/// With a token that is bound to a key.
struct BoundAtTheGate : AtTheGate {
  std::string proof(const std::string& method, const std::string& htu,
                    const std::string& access_token = {}) const {
    const std::string header =
        R"({"typ":"dpop+jwt","alg":"ES256","jwk":)" + jose::to_jwk("k", key.public_key()) + "}";
    std::string claims = R"({"htm":")" + method + R"(","htu":")" + htu + R"(","jti":")" +
                         make_id("jti_", SystemClock().now()) + R"(","iat":)" +
                         std::to_string(unix_seconds(clock.now()));
    if (!access_token.empty()) {
      claims += R"(,"ath":")" + to_base64url(crypto::sha256(access_token)) + '"';
    }
    return jose::sign_compact(to_base64url(as_bytes(header)), claims + "}", key);
  }
  std::string obtain() {
    return member(send({.path = "/oauth/token",
                        .body = "grant_type=client_credentials",
                        .authorization = who.basic(),
                        .dpop = proof("POST", settings.issuer + "/oauth/token")}),
                  "access_token");
  }
  Asked with_proof(const std::string& htu) const {
    return {.authorization = "DPoP " + bound, .dpop = proof("GET", htu, bound)};
  }

  const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::Algorithm::es256);
  const std::string bound = obtain();
  const std::string url = settings.issuer + "/orders/1";
};

}  // namespace

BOOST_AUTO_TEST_SUITE(the_gate)

BOOST_FIXTURE_TEST_CASE(caller_is_told_to_the_upstream, AtTheGate) {
  const http::Response passed = ask({.authorization = "Bearer " + access_token(who)});
  BOOST_TEST_REQUIRE(passed.status == 200, passed.body);
  BOOST_TEST(header(passed, "Gatehouse-Caller-Kind") == "service");
  BOOST_TEST(header(passed, "Gatehouse-Caller") == who.id);
  BOOST_TEST(header(passed, "Gatehouse-Scope") == "orders:write");
  BOOST_TEST(claim(header(passed, "Gatehouse-Assertion"), "aud") == route);
  BOOST_TEST(header(passed, "Gatehouse-Keep-Authorization").empty());
}

BOOST_FIXTURE_TEST_CASE(policy_is_asked_each_time_it_has_changed, AtTheGate) {
  const Asked asked{.authorization = "Bearer " + access_token(who)};
  BOOST_TEST(code(asked).empty());
  put({.scopes = {"orders:read"}});
  BOOST_TEST(code(asked) == "insufficient_scope");
  put({.scopes = {"orders:read", "orders:write"}, .any_scope = true});
  BOOST_TEST(code(asked).empty());
  put({.networks = {"10.0.0.0/8"}});
  BOOST_TEST(code(asked) == "gate_network_refused");
  put({.callers = {"agent"}});
  BOOST_TEST(code(asked) == "gate_caller_refused");
  put({.tenants = {make_tenant()}});
  BOOST_TEST(code(asked) == "gate_tenant_refused");
  put({.enabled = false});
  BOOST_TEST(code(asked) == "gate_route_disabled");
  put({.methods = {"POST"}});
  BOOST_TEST(code(asked) == "gate_method_refused");
}

BOOST_FIXTURE_TEST_CASE(name_without_a_policy_lets_nobody_pass, AtTheGate) {
  const Asked asked{.authorization = "Bearer " + access_token(who)};
  BOOST_TEST(member(ask(asked, "no." + route), "code") == "gate_route_unknown");
  BOOST_TEST(member(ask(asked, ""), "code") == "gate_route_unknown");
}

BOOST_FIXTURE_TEST_CASE(refused_caller_is_refused_again_and_a_disabled_one_at_once, AtTheGate) {
  const Asked asked{.authorization = "Bearer " + access_token(who)};
  BOOST_TEST(code({.authorization = "Bearer nonsense"}) == "service_token_invalid");
  BOOST_TEST(code({.authorization = "Bearer nonsense"}) == "service_token_invalid");
  BOOST_TEST(code(asked).empty());
  disable_client(who.id);
  BOOST_TEST(code(asked) == "client_not_active");
}

BOOST_FIXTURE_TEST_CASE(decision_is_remembered_until_the_token_ends, AtTheGate) {
  const Asked asked{.authorization = "Bearer " + access_token(who)};
  BOOST_TEST(code(asked).empty());
  clock.offset = 299s;
  BOOST_TEST(code(asked).empty());
  clock.offset = 306s;
  BOOST_TEST(code(asked) == "service_token_expired");
}

BOOST_FIXTURE_TEST_CASE(r10_proof_lets_the_request_pass_that_it_is_for, BoundAtTheGate) {
  BOOST_TEST(code(with_proof(url)).empty());
  BOOST_TEST(code(with_proof(settings.issuer + "/orders/2")) == "dpop_proof_invalid");
  Asked posted = with_proof(url);
  posted.method = "POST";
  BOOST_TEST(code(posted) == "dpop_proof_invalid");
  BOOST_TEST(code({.authorization = "DPoP " + bound}) == "dpop_proof_invalid");
  BOOST_TEST(code({.authorization = "Bearer " + bound}) == "dpop_required");
}

BOOST_FIXTURE_TEST_CASE(r10_proof_is_good_for_one_request_however_often_nginx_asks,
                        BoundAtTheGate) {
  Asked asked = with_proof(url);
  BOOST_TEST(code(asked).empty());
  put({});
  BOOST_TEST(code(asked).empty(), "whatever has changed in between");
  asked.request_id = make_id("req_", SystemClock().now());
  BOOST_TEST(code(asked) == "dpop_proof_invalid");
}

BOOST_FIXTURE_TEST_CASE(r10_proof_names_the_server_that_the_request_came_to, BoundAtTheGate) {
  Asked elsewhere = with_proof("https://shop.example/orders/1");
  BOOST_TEST(code(elsewhere) == "dpop_proof_invalid");
  elsewhere.origin = "https://shop.example";
  BOOST_TEST(code(elsewhere).empty());
  Asked here = with_proof(url);
  here.origin = "https://shop.example";
  BOOST_TEST(code(here) == "dpop_proof_invalid");
}

BOOST_AUTO_TEST_SUITE_END()
