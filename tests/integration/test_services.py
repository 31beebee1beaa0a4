"""Services through nginx: registered, given scopes, watched, and stopped within a second."""

import json
import subprocess
from datetime import datetime

import pytest
from conftest import Api, ServiceToken
from lives import REVOCATION_SECONDS, within

SERVICES = "/v1/internal/services"


@pytest.fixture
def register(api):
    """register(name) answers what the route does."""

    def register(name="Service A"):
        answer = api.post(f"{SERVICES}/register", json={"service_name": name, "description": "Internal service A"})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return register


def authenticate(api, service):
    answer = api.post(f"{SERVICES}/authenticate",
                      json={"client_id": service["client_id"], "client_secret": service["client_secret"]})
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"]


def grant(api, admin_token, service, scope):
    answer = api.post(f"{SERVICES}/grant-scope", token=admin_token,
                      json={"client_id": service["client_id"], "scope_name": scope})
    assert (answer.status_code, answer.json()) == (200, {"message": "Scope granted successfully"})


def check(api, token, service, scope="user:read"):
    return api.post(f"{SERVICES}/check-permission", token=token,
                    json={"client_id": service["client_id"], "scope_name": scope})


def test_new_service_has_credentials_that_work_and_no_scope(api, admin_token, register):
    service = register()
    assert list(service) == ["client_id", "client_secret", "service_name", "description", "created_at", "message", "warning"]
    token = authenticate(api, service)
    assert check(api, token, service).json() == {"has_permission": False}
    answer = api.get(SERVICES, token=token)
    assert answer.status_code == 403
    assert answer.json()["error"] == "Forbidden"


def test_granted_scope_is_in_the_next_token_and_revoked_one_stops_within_a_second(api, admin_token, register):
    service = register()
    grant(api, admin_token, service, "tenant:read")
    assert check(api, admin_token, service, "tenant:read").json() == {"has_permission": True}
    token = []

    def admitted():
        token[:] = [authenticate(api, service)]
        return api.get("/api/internal/tenants", token=token[0]).status_code == 200

    assert within(REVOCATION_SECONDS, admitted)
    answer = api.post(f"{SERVICES}/revoke-scope", token=admin_token,
                      json={"client_id": service["client_id"], "scope_name": "tenant:read"})
    assert answer.json() == {"message": "Scope revoked successfully"}
    assert within(REVOCATION_SECONDS, lambda: api.get("/api/internal/tenants", token=token[0]).status_code == 403)


@pytest.mark.parametrize("action", ["disable", "revoke-tokens"])
def test_r34_stopped_service_is_refused_within_a_second(api, admin_token, register, action):
    service = register()
    token = authenticate(api, service)
    assert check(api, token, service).status_code == 200
    answer = api.post(f"{SERVICES}/{service['client_id']}/{action}", token=admin_token)
    assert answer.status_code == 200, answer.text
    assert within(REVOCATION_SECONDS, lambda: check(api, token, service).status_code == 401)


def test_enabled_service_works_again(api, admin_token, register):
    service = register()
    token = authenticate(api, service)
    for action in ("disable", "enable"):
        assert api.post(f"{SERVICES}/{service['client_id']}/{action}", token=admin_token).status_code == 200
    assert within(REVOCATION_SECONDS, lambda: check(api, token, service).status_code == 200)


def test_after_revocation_a_new_token_works(api, admin_token, register):
    service = register()
    assert api.post(f"{SERVICES}/{service['client_id']}/revoke-tokens", token=admin_token).status_code == 200
    # Tokens carry whole seconds: one of the same second is refused too.
    assert within(1.0 + REVOCATION_SECONDS, lambda: check(api, authenticate(api, service), service).status_code == 200)


def test_the_only_admin_cannot_be_lost(own_stack):
    """Where no other test has made another."""
    admin = own_stack.admin()
    with Api(own_stack.url) as api:
        token = ServiceToken(api, admin["client_id"], admin["client_secret"]).get()
        for answer in (api.post(f"{SERVICES}/revoke-scope", token=token,
                                json={"client_id": admin["client_id"], "scope_name": "internal:admin"}),
                       api.post(f"{SERVICES}/{admin['client_id']}/disable", token=token)):
            assert (answer.status_code, answer.json()["code"]) == (422, "last_admin")


def test_logs_and_statistics_show_what_a_service_did(api, admin_token, register):
    service = register()
    token = authenticate(api, service)
    path = f"{SERVICES}/{service['client_id']}"
    check(api, token, service)
    assert api.get(SERVICES, token=token).status_code == 403

    def logged():
        return api.get(f"{path}/logs?limit=50&offset=0", token=admin_token).json()

    assert within(2, lambda: len(logged()) == 2)
    newest, oldest = logged()
    assert (newest["endpoint"], newest["method"], newest["status_code"]) == (SERVICES, "GET", 403)
    assert (oldest["endpoint"], oldest["method"], oldest["status_code"]) == (f"{SERVICES}/check-permission", "POST", 200)
    assert newest["client_id"] == service["client_id"]
    assert newest["ip_address"] in ("127.0.0.1", "::1")
    assert newest["user_agent"].startswith("python-requests/")
    assert datetime.fromisoformat(newest["created_at"].replace("Z", "+00:00")) is not None

    first = api.get(f"{path}/logs?limit=1", token=admin_token)
    rest = api.get(f"{path}/logs?cursor={first.headers['X-Next-Cursor']}", token=admin_token)
    assert first.json() + rest.json() == [newest, oldest]

    figures = api.get(f"{path}/statistics?since=24h", token=admin_token).json()
    assert {name: figures[name] for name in ("client_id", "total_requests", "error_count", "success_rate")} == {
        "client_id": service["client_id"], "total_requests": 2, "error_count": 1, "success_rate": 50}


def test_bound_service_acts_in_its_tenant_only(api, admin_token, register, make_tenant):
    service, tenant = register(), make_tenant()
    grant(api, admin_token, service, "tenant:read")
    answer = api.patch(f"{SERVICES}/{service['client_id']}", token=admin_token, json={"tenant_id": tenant["id"], "env": "prod"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["tenant_id"], answer.json()["env"], answer.json()["scopes"]) == (tenant["id"], "prod", ["tenant:read"])

    def seen():
        return [one["id"] for one in api.get("/api/internal/tenants", token=authenticate(api, service)).json().get("tenants", [])]

    assert within(REVOCATION_SECONDS, lambda: seen() == [tenant["id"]])


def test_every_service_is_in_the_list_once(api, admin_token, register):
    registered = [register(f"Service {number}")["client_id"] for number in range(5)]
    seen, cursor = [], ""
    while cursor is not None:
        page = api.get(f"{SERVICES}?limit=2{cursor}", token=admin_token).json()
        seen += [one["client_id"] for one in page["services"]]
        cursor = f"&cursor={page['next_cursor']}" if "next_cursor" in page else None
    assert sorted(registered) == [one for one in seen if one in registered]
    assert len(seen) == len(set(seen))


def test_clean_up_by_request_and_as_a_job(api, stack, admin_token):
    answer = api.post(f"{SERVICES}/cleanup-tokens", token=admin_token)
    assert (answer.status_code, answer.json()) == (200, {"message": "Expired tokens cleaned up successfully"})
    jobs = [subprocess.Popen([stack.program("services"), "--config", stack.config, "cleanup-tokens"],
                             stdout=subprocess.PIPE, text=True) for _ in range(2)]
    lines = [job.communicate(timeout=20)[0] for job in jobs]
    assert [job.returncode for job in jobs] == [0, 0]
    for line in lines:
        assert line.count("\n") == 1
        assert {"sessions", "one_time_tokens", "partitions_made", "complete"} <= set(json.loads(line))


def test_health_ready_and_version(api):
    assert api.get("/health").json() == {"status": "ok"}
    ready = api.get("/health/ready").json()
    assert (ready["status"], ready["database"]) == ("ok", "ok")
    assert ready["migrations"] >= 6
    assert api.get("/version").json()["name"] == "gatehouse"
