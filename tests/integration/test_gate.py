"""The gate in front of an HTTP upstream, a FastCGI program and static files: who passes, what the upstream learns, and what
everybody else is answered."""

import time

import jwt
import pytest
import requests
from gate_world import ROUTES, gate_world, identity, parameters
from lives import Service, Users, ok, refused, within

PROBLEM = {"error", "code", "message", "next_step", "trace_id", "request_id"}


@pytest.fixture(scope="module")
def world(make_stack):
    with gate_world(make_stack) as world:
        yield world


def test_http_upstream_learns_who_calls(world):
    answer = world.get(token=world.service.token())
    told = identity(answer)
    assert (told.pop("Assertion") or "").count(".") == 2
    assert told == {"Route": "orders.write", "Caller-Kind": "service", "Caller": world.service.id, "Client": world.service.id,
                    "User": None, "Tenant": world.tenant["id"], "Scope": "orders:write"}


def test_fastcgi_upstream_learns_who_calls(world):
    told = parameters(world.get("/php/x", token=world.user_token))
    assert told.pop("Assertion").count(".") == 2
    assert told == {"Route": "php", "Caller-Kind": "user", "Caller": world.user_id, "Client": "", "User": world.user_id,
                    "Tenant": world.tenant["id"], "Scope": ""}


def test_static_files_are_protected(world):
    assert world.get("/static/page.txt", token=world.service.token()).text == "a page\n"
    refused(world.get("/static/page.txt"), 401, "api_key_required")


def test_server_of_the_operators_own_is_protected(world):
    assert identity(world.site_api.get("/x", token=world.service.token()))["Route"] == "site"
    refused(world.site_api.get("/x"), 401, "api_key_required")


def test_keys_pass_where_they_are_admitted(world):
    for key, kind in (("secret_key", "secret_key"), ("public_key", "public_key")):
        told = parameters(world.get("/php/x", token=world.tenant[key]))
        assert (told["Caller-Kind"], told["Tenant"]) == (kind, world.tenant["id"])
        assert told["Caller"].startswith("tky_")
    refused(world.get(token=world.tenant["secret_key"]), 401, "service_token_required")


def test_agent_that_acts_for_a_user_is_an_agent(world):
    delegated = ok(world.api.post("/api/internal/auth/token", token=world.agent.token(),
                                  json={"tenant_id": world.tenant["id"], "user_id": world.user_id}))["access_token"]
    told = parameters(world.get("/php/x", token=delegated))
    assert (told["Caller-Kind"], told["Caller"], told["Client"]) == ("agent", world.user_id, world.agent.id)
    world.changing(callers=["user"])
    assert within(5, lambda: world.code("/changing/", world.service.token()) == "user_token_invalid")
    assert world.get("/changing/", token=world.user_token).status_code == 200
    refused(world.get("/changing/", token=delegated), 403, "gate_caller_refused")


def test_credential_is_dropped_unless_the_policy_keeps_it(world):
    token = world.service.token()
    assert "authorization" not in world.get(token=token).json()["headers"]
    assert "HTTP_AUTHORIZATION" not in world.get("/php/x", token=token).json()["params"]
    world.changing(keep_authorization=True)
    assert within(5, lambda: world.get("/changing/", token=token).json().get("headers", {}).get("authorization") == f"Bearer {token}")


def test_trace_goes_on(world):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    answer = world.get(token=world.service.token(), headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    assert answer.json()["headers"]["traceparent"].split("-")[1] == trace == answer.headers["X-Trace-Id"]
    assert world.get(token="nothing", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}).json()["trace_id"] == trace


@pytest.mark.parametrize("how", ["nothing", "garbage", "basic", "forged"])
def test_who_shows_nothing_good_is_answered_as_by_the_api(world, how):
    token = world.service.token()
    shown = {"nothing": {}, "garbage": {"Authorization": "Bearer garbage"}, "basic": {"Authorization": "Basic YTpi"},
             "forged": {"Authorization": f"Bearer {token[:-10]}{'A' * 10}"}}[how]
    here, there = world.get(headers=shown), world.api.get("/api/internal/admin/services", headers=shown)
    assert here.status_code == there.status_code == 401
    assert {**here.json(), "trace_id": "", "request_id": ""} == {**there.json(), "trace_id": "", "request_id": ""}
    assert here.headers["WWW-Authenticate"] == there.headers["WWW-Authenticate"].removesuffix(', scope="internal:admin"')
    assert set(here.json()) == PROBLEM
    assert (here.headers["X-Trace-Id"], here.headers["Cache-Control"]) == (here.json()["trace_id"], "no-store")


def test_scope_is_demanded_with_a_challenge_that_names_it(world):
    answer = world.get(token=world.plain.token())
    refused(answer, 403, "insufficient_scope")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="gatehouse", error="insufficient_scope", scope="orders:write"'


@pytest.mark.parametrize(("policy", "code"), [
    ({"enabled": False}, "gate_route_disabled"), ({"methods": ["POST"]}, "gate_method_refused"),
    ({"networks": ["192.0.2.0/24", "2001:db8::/32"]}, "gate_network_refused"), ({"callers": ["agent", "user"]}, "gate_caller_refused"),
    ({"tenants": ["tnt_01jcvk9zq4e8r9v3m5x7t2b6ah"]}, "gate_tenant_refused"),
    ({"scopes": ["orders:write", "orders:read"]}, "insufficient_scope")])
def test_policy_refuses(world, policy, code):
    token = world.service.token()
    world.changing(**policy)
    assert within(5, lambda: world.code("/changing/", token) == code)
    answer = world.get("/changing/", token=token)
    refused(answer, 403, code)
    assert set(answer.json()) == PROBLEM


@pytest.mark.parametrize("policy", [
    {"networks": ["127.0.0.0/8", "::1"]}, {"scopes": ["orders:write", "orders:read"], "scope_match": "any"}, {}])
def test_policy_admits(world, policy):
    world.changing(enabled=False)
    token = world.service.token()
    assert within(5, lambda: world.code("/changing/", token) == "gate_route_disabled")
    world.changing(tenants=[world.tenant["id"]], **policy)
    assert within(5, lambda: world.get("/changing/", token=token).status_code == 200)


@pytest.mark.parametrize("path", ["/typo/", "/nameless/"])
def test_name_without_a_policy_lets_nobody_pass(world, path):
    answer = world.get(path, token=world.service.token())
    refused(answer, 403, "gate_route_unknown")
    assert "gatehouse route check" in answer.json()["next_step"]


def test_rate_is_of_each_caller(world):
    world.changing(rate={"count": 2, "window_seconds": 3600})
    mine, others = world.service.token(), world.plain.token()
    assert within(5, lambda: world.code("/changing/", mine) == "rate_limited")
    answer = world.get("/changing/", token=mine)
    refused(answer, 429, "rate_limited")
    assert 1 <= int(answer.headers["Retry-After"]) <= 1800
    assert answer.headers["RateLimit-Policy"] == '"changing";q=2;w=3600'
    assert answer.headers["RateLimit"] == f'"changing";r=0;t={answer.headers["Retry-After"]}'
    assert world.get("/changing/", token=others).status_code == 200


def test_assertion_is_verified_with_the_key_set_and_is_no_credential(world):
    text = identity(world.api.post("/orders/1", token=world.service.token()))["Assertion"]
    assert jwt.get_unverified_header(text)["typ"] == "gatehouse-assertion+jwt"
    keys = jwt.PyJWKClient(world.stack.url + "/.well-known/jwks.json")
    claims = jwt.decode(text, keys.get_signing_key_from_jwt(text).key, algorithms=["ES256"], audience="orders.write", issuer=world.stack.url)
    assert (claims["sub"], claims["client_id"], claims["kind"]) == (world.service.id, world.service.id, "service")
    assert (claims["route"], claims["method"], claims["scope"], claims["tenant"]) == ("orders.write", "POST", "orders:write", world.tenant["id"])
    assert claims["exp"] - claims["iat"] == 60 and claims["exp"] - time.time() > 40
    for path in ("/orders/1", "/php/x", "/api/internal/admin/services", "/v1/users/me", "/v1/internal/services"):
        assert world.get(path, token=text).status_code == 401, path
    assert ok(world.api.post("/v1/internal/services/validate-token", json={"token": text})) == {"valid": False}


def test_audience_of_the_assertion_is_the_policys(world):
    world.put("changing", methods=["GET"], callers=["service"], audience="https://orders.example/")

    def audience():
        answer = world.get("/changing/", token=world.service.token())
        return answer.status_code == 200 and jwt.decode(identity(answer)["Assertion"], options={"verify_signature": False})["aud"]
    assert within(5, lambda: audience() == "https://orders.example/")


def test_what_the_upstream_answers_is_its_own(world):
    for status in (401, 403, 404, 500):
        answer = world.get(token=world.service.token(), headers={"Answer-With": str(status)})
        assert answer.status_code == status and answer.json()["path"] == "/orders/1"
    assert world.get("/static/closed/", token=world.service.token()).headers["Content-Type"] == "text/html"  # nginx's own 403
    assert world.get("/gone/", token=world.service.token()).status_code == 502


def test_refusals_are_in_the_trail_and_calls_in_the_access_log(world):
    service = Service.register(world.api, world.admin.get(), ["orders:write"])
    refused(world.api.delete("/orders/7", token=service.token()), 403, "gate_method_refused")
    stranger = world.plain.token()
    refused(world.api.post("/orders/7", token=stranger), 403, "insufficient_scope")
    assert world.api.post("/orders/7", token=service.token()).status_code == 200

    def trail():
        return world.sql("SELECT outcome, reason, route, resource_type, resource_id FROM sys_audit_logs "
                         f"WHERE event = 'access.refused' AND actor_id = '{world.plain.id}' AND detail->>'method' = 'POST'")
    assert within(15, trail)
    assert set(trail().splitlines()) == {"failure|insufficient_scope|/gatehouse/decision|gate_route|orders.write"}
    journal = f"SELECT endpoint, method, status_code FROM access_log WHERE client_id = '{service.id}' AND endpoint NOT LIKE '/%'"
    assert within(10, lambda: "orders.write|POST|200" in world.sql(journal).splitlines())


def test_user_of_a_public_upstream_is_the_tenants(world):
    other = Users(world.api, world.other)
    _, token = other.join("someone.else@example.com")
    assert parameters(world.get("/php/x", token=token))["Tenant"] == world.other["id"]
    world.changing(tenants=[world.tenant["id"]])
    assert within(5, lambda: world.code("/changing/", token) == "gate_tenant_refused")
    assert world.get("/changing/", token=world.user_token).status_code == 200


def test_readme_example_works_when_pasted(world, tmp_path):
    from gate_readme import example
    script = example(world)
    done = script.run(tmp_path)
    assert done.returncode == 0, done.stderr
    assert within(10, lambda: requests.get(script.url, timeout=5).status_code == 401)
    assert within(10, lambda: world.get(script.path, token=world.service.token()).status_code == 200)
    assert [row["name"] for row in ok(world.api.get(ROUTES, token=world.admin.get()))["routes"]].count("orders.read") == 1
