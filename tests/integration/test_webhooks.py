"""A tenant's webhook endpoints, as its secret key manages them through the real system."""

import json
import uuid

import pytest
from cli import Operator

URL = "https://example.com/webhooks"


@pytest.fixture
def tenant(make_tenant):
    return make_tenant()


@pytest.fixture
def call(api, tenant):
    """Calls below /v1/webhooks as the tenant."""
    def send(method, rest="", status=200, **what):
        answer = api.request(method, f"/v1/webhooks{rest}", token=tenant["secret_key"], **what)
        assert answer.status_code == status, f"{method} {rest}: {answer.status_code} {answer.text}"
        return answer.json()
    return send


@pytest.fixture
def endpoint(call):
    return call("POST", status=201, json={"url": URL, "event_types": ["user.*"]})


def without_secret(endpoint):
    return {name: value for name, value in endpoint.items() if name != "secret"}


def test_endpoint_lives_from_its_making_to_its_end(call):
    made = call("POST", status=201, json={"url": "https://example.com/a/../webhooks", "description": "ours", "event_types": ["user.*", "*"],
                                          "ordered": True, "max_concurrency": 2, "rate_per_second": 10})
    assert made["url"] == URL and made["secret"].startswith("whsec_")
    assert (made["status"], made["parked"], made["ordered"], made["max_concurrency"], made["rate_per_second"]) == ("enabled", False, True, 2, 10)
    path = f"/{made['id']}"
    assert call("GET", path) == without_secret(made)
    changed = call("PATCH", path, json={"event_types": ["session.ended"], "rate_per_second": None, "description": None})
    assert (changed["event_types"], changed["description"]) == (["session.ended"], "ours") and "rate_per_second" not in changed
    assert [one["id"] for one in call("GET")["endpoints"]] == [made["id"]]
    assert call("POST", f"{path}/disable")["disabled_reason"] == "requested"
    assert call("POST", f"{path}/ping", 422)["code"] == "endpoint_disabled"
    assert call("POST", f"{path}/enable")["status"] == "enabled"
    assert call("DELETE", path)["message"]
    assert call("GET", path, 404)["code"] == "endpoint_not_found"
    assert call("GET")["endpoints"] == []


def test_list_goes_on_by_its_cursor(call):
    made = [call("POST", status=201, json={"url": URL, "event_types": ["*"]})["id"] for _ in range(3)]
    first = call("GET", "?limit=2")
    rest = call("GET", f"?limit=2&cursor={first['next_cursor']}")
    assert sorted(made) == [one["id"] for one in first["endpoints"] + rest["endpoints"]] and "next_cursor" not in rest


def test_secret_is_shown_once_and_overlaps_when_it_is_replaced(call, endpoint):
    path = f"/{endpoint['id']}"
    rotated = call("POST", f"{path}/secret/rotate", 201, json={"grace_seconds": 3600})
    assert rotated["secret"] != endpoint["secret"]
    assert call("GET", path)["previous_secret_expires_at"] == rotated["previous_secret_expires_at"]
    at_once = call("POST", f"{path}/secret/rotate", 201, json={"grace_seconds": 0})
    shown = json.dumps([call("GET", path), call("GET")])
    assert "previous_secret" not in shown and not any(one["secret"] in shown for one in (endpoint, rotated, at_once))


def test_ping_waits_for_its_endpoint_alone(stack, call, endpoint, tenant):
    event = call("POST", f"/{endpoint['id']}/ping", 202)["event_id"]
    type_, tenant_id, data = Operator(stack).sql(f"SELECT type, tenant_id, data FROM events WHERE id = '{event}'").split("|")
    assert (type_, tenant_id, json.loads(data)["resource_id"]) == ("webhook_endpoint.pinged", tenant["id"], endpoint["id"])


def test_a_resend_makes_no_second_endpoint(api, call, tenant):
    key, body = {"Idempotency-Key": str(uuid.uuid4())}, {"url": URL, "event_types": ["*"]}
    first, second = (api.post("/v1/webhooks", token=tenant["secret_key"], headers=key, json=body) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200) and first.json() == second.json()
    assert len(call("GET")["endpoints"]) == 1


def test_what_was_changed_is_in_the_audit_trail_without_urls_and_secrets(api, call, endpoint, tenant):
    call("PATCH", f"/{endpoint['id']}", json={"url": "https://example.com/?token=confidential"})
    call("POST", f"/{endpoint['id']}/secret/rotate", 201, json={})
    trail = api.get(f"/v1/audit?resource_id={endpoint['id']}", token=tenant["secret_key"]).json()["entries"]
    assert [(row["event"], row["detail"]) for row in reversed(trail)] == [
        ("webhook_endpoint.created", {}), ("webhook_endpoint.changed", {"changed": ["url"]}),
        ("webhook_endpoint.secret_rotated", {"grace_seconds": 86400})]
    assert "confidential" not in json.dumps(trail)


@pytest.mark.parametrize("url", ["http://example.com/", "https://127.0.0.1/", "https://0x7f.1/", "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/",
                                 "https://example.com:22/", "https://user:pass@example.com/", "ftp://example.com/", "https://example.com/#a", "nonsense"])
def test_url_that_must_not_be_called_is_refused_where_it_is_registered(call, endpoint, url):
    for method, path in (("POST", ""), ("PATCH", f"/{endpoint['id']}")):
        refused = call(method, path, 400, json={"url": url, **({"event_types": ["*"]} if method == "POST" else {})})
        assert refused["code"] == "url_invalid" and "pass@" not in json.dumps(refused)
    assert call("GET", f"/{endpoint['id']}")["url"] == URL
