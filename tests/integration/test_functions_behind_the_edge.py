"""What nginx must leave as the functions made it, and what it must keep from them."""

import pytest
from edges import exchange, log_line
from test_edge import MEMBERS, parse, request
from test_trace_context import TRACE


def test_functions_errors_pass_unchanged_with_one_trace_id(api):
    answer = api.get("/v1/users/me", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
    assert answer.status_code == 401 and "WWW-Authenticate" in answer.headers
    body = answer.json()
    assert set(body) == MEMBERS and body["error"] == "user not authenticated"
    assert body["trace_id"] == answer.headers["X-Trace-Id"] == TRACE
    # A header that came from both would be joined by a comma.
    assert body["request_id"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize("path", ["/v1//tenants", "/v1/tenants/%2e%2e/tenants", "/v1/x/../tenants", "/v1%2Ftenants",
                                  "/v1/./tenants", "/v1/tenants%00", "//health", "/%68ealth", "/v1/internal%2Fservices",
                                  "/v1/users/..%2F..%2Fhealth", "/v1/tenants/", "/health/", "/health/ready/"])
def test_path_has_one_spelling(stack, path):
    status, _, body = parse(exchange(stack.port, request(path=path)))
    assert status in (400, 404) and set(body) == MEMBERS


def test_description_of_the_api_is_served(api):
    answer = api.get("/openapi.json")
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/json"
    assert answer.json()["openapi"].startswith("3.1")
    refused = api.post("/openapi.json")
    assert refused.status_code == 405 and refused.headers["Allow"] == "GET, HEAD"


def test_same_answers_on_tls(tls_api):
    assert tls_api.get("/health").json() == {"status": "ok"}


def test_no_credential_of_a_whole_life_reaches_a_log(stack, api, make_tenant, admin_token):
    tenant = make_tenant()
    user = {"email": "somebody@example.com", "password": "correct horse battery"}
    assert api.post("/v1/auth/register", token=tenant["public_key"], json=user).status_code == 201
    jwt = api.post("/v1/auth/login", token=tenant["public_key"], json=user).json()["token"]
    assert api.get("/v1/users/me", token=jwt).status_code == 200
    assert api.get("/v1/users", token=tenant["secret_key"]).status_code == 200
    refused = api.post(f"/oauth/token?client_secret={stack.admin()['client_secret']}")
    assert refused.status_code == 400
    line = log_line(stack.run_dir, refused.headers["X-Trace-Id"])
    assert line["path"] == "/oauth/token" and line["upstream_status"] == "400"
    secrets = [tenant["public_key"], tenant["secret_key"], user["password"], user["email"], jwt, jwt.split(".")[2],
               admin_token, stack.admin()["client_secret"]]
    for log in [*stack.logs.iterdir(), stack.cluster.log]:
        text = log.read_text()
        assert not [secret for secret in secrets if secret in text], log.name
