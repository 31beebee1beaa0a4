"""What became of events, as a tenant's secret key sees it, and sending again what did not arrive."""

import pytest
from webhook_world import receiver, tenant, world  # noqa: F401

WORLD = dict(webhook_retries="1ms", webhook_park_after="3600s")


@pytest.fixture
def call(world, tenant):
    def send(method, path, status=200, token=tenant["secret_key"], **what):
        answer = world.api.request(method, path, token=token, **what)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()
    return send


@pytest.fixture
def dead(world, tenant, receiver, call):
    """An endpoint that has failed at three events for good, and works from now on."""
    receiver.answer = lambda call: (500, {}, b"x" * 20000 + b"\xff")
    endpoint = world.make_endpoint(tenant, receiver.url(), ["order.*"])
    events = world.publish(tenant, 3)
    until_done(world, tenant, {"dead_letter": 3})
    receiver.answer = lambda call: 200
    receiver.calls.clear()
    listed = call("GET", "/v1/deliveries?state=dead_letter")["deliveries"]
    assert sorted(one["event_id"] for one in listed) == sorted(events)
    return {"endpoint": endpoint, "events": events, "deliveries": listed}


def until_done(world, tenant, states):
    for _ in range(100):
        world.deliver_once()
        if world.states(tenant) == states:
            return
    raise AssertionError(f"{world.states(tenant)}, not {states}")


def test_dead_letter_shows_its_attempts_and_the_first_of_each_answer(call, dead):
    one = dead["deliveries"][0]
    assert (one["state"], one["attempts"], one["last_status"], one["endpoint_id"]) == ("dead_letter", 2, 500, dead["endpoint"]["id"])
    shown = call("GET", f"/v1/deliveries/{one['id']}")
    assert {name: shown[name] for name in one} == one
    assert [(attempt["number"], attempt["outcome"], attempt["status"], attempt["answer"]) for attempt in shown["attempts_made"]] == [
        (1, "failed", 500, "x" * 16384), (2, "failed", 500, "x" * 16384)]
    assert all(attempt["latency_ms"] >= 0 and "failure" not in attempt for attempt in shown["attempts_made"])


def test_deliveries_are_listed_by_what_is_asked_for(call, dead, world, tenant, receiver):
    other = world.make_endpoint(tenant, receiver.url("/other"), ["user.*"])
    world.publish(tenant, 2, type="user.created")
    until_done(world, tenant, {"dead_letter": 3, "delivered": 2})

    def number(query):
        return len(call("GET", f"/v1/deliveries?{query}")["deliveries"])
    assert [number(query) for query in ("", "state=delivered", "state=pending", "type=user.*", "type=order.shipped", f"endpoint_id={other['id']}",
                                        f"endpoint_id={other['id']}&state=dead_letter", "since=2024-01-01", "until=2024-01-01")] == [5, 2, 0, 2, 3, 2, 0, 5, 0]
    pages, cursor = [], ""
    while cursor is not None:
        page = call("GET", f"/v1/deliveries?limit=2{cursor}")
        pages.append([one["id"] for one in page["deliveries"]])
        cursor = f"&cursor={page['next_cursor']}" if "next_cursor" in page else None
    assert [len(page) for page in pages] == [2, 2, 1] and len(set(sum(pages, []))) == 5


def test_resent_delivery_arrives_with_the_same_webhook_id(call, dead, world, tenant, receiver):
    one = dead["deliveries"][0]
    assert call("POST", f"/v1/deliveries/{one['id']}/resend", 202) == {"id": one["id"], "state": "pending"}
    assert call("POST", f"/v1/deliveries/{one['id']}/resend", 422)["code"] == "delivery_pending"
    until_done(world, tenant, {"dead_letter": 2, "delivered": 1})
    assert [got.id for got in receiver.calls] == [one["event_id"]]
    shown = call("GET", f"/v1/deliveries/{one['id']}")
    assert shown["state"] == "delivered" and [attempt["outcome"] for attempt in shown["attempts_made"]] == ["failed", "failed", "delivered"]
    # What was delivered can be sent once more, for a receiver who has lost it.
    call("POST", f"/v1/deliveries/{one['id']}/resend", 202)
    until_done(world, tenant, {"dead_letter": 2, "delivered": 1})
    assert [got.id for got in receiver.calls] == [one["event_id"]] * 2


def test_endpoint_recovers_what_it_has_missed_since_a_moment_in_its_order(call, dead, world, tenant, receiver):
    path = f"/v1/webhooks/{dead['endpoint']['id']}"
    call("PATCH", path, json={"max_concurrency": 1})
    assert call("POST", f"{path}/recover", 202, json={"since": "2100-01-01"}) == {"resent": 0, "has_more": False}
    assert call("POST", f"{path}/recover", 202, json={"since": "2024-01-01T00:00:00Z"}) == {"resent": 3, "has_more": False}
    until_done(world, tenant, {"delivered": 3})
    assert [got.id for got in receiver.calls] == dead["events"]
    trail = call("GET", "/v1/audit?event=webhook_endpoint.recovered")["entries"]
    assert trail[0]["resource_id"] == dead["endpoint"]["id"] and trail[0]["detail"]["resent"] == 3


def test_dead_letters_are_redriven_by_filter(call, dead, world, tenant, receiver):
    def redrive(status=202, **body):
        return call("POST", "/v1/deliveries/redrive", status, json=body)
    assert redrive(type="user.*") == {"resent": 0, "has_more": False}
    assert redrive(until="2024-01-01")["resent"] == 0
    assert redrive(endpoint_id="whk_01hzzzzzzzzzzzzzzzzzzzzzzz", status=404)["code"] == "endpoint_not_found"
    assert redrive(endpoint_id=dead["endpoint"]["id"], type="order.*", since="2024-01-01")["resent"] == 3
    assert redrive()["resent"] == 0
    until_done(world, tenant, {"delivered": 3})


def test_only_so_many_are_redriven_at_once(call, dead, world, tenant):
    copies = ("INSERT INTO webhook_deliveries (id, created_at, tenant_id, endpoint_id, event_id, event_created_at, event_type, state) "
              "SELECT 'dlv_' || lpad(i::text, 26, '0'), d.created_at, tenant_id, endpoint_id, event_id, event_created_at, event_type, state "
              "FROM webhook_deliveries d, generate_series(1, 1200) i WHERE d.id = ")
    world.sql(copies + f"'{dead['deliveries'][0]['id']}'")
    numbers = [call("POST", "/v1/deliveries/redrive", 202, json={}) for _ in range(3)]
    assert [(one["resent"], one["has_more"]) for one in numbers] == [(1000, True), (203, False), (0, False)]


def test_what_cannot_be_sent_again_says_so(call, dead, world, tenant, receiver):
    first, second, third = dead["deliveries"]
    world.sql(f"DELETE FROM events WHERE id = '{third['event_id']}'")
    assert call("POST", f"/v1/deliveries/{third['id']}/resend", 422)["code"] == "event_gone"
    path = f"/v1/webhooks/{dead['endpoint']['id']}"
    call("POST", f"{path}/disable")
    for refused in (call("POST", f"/v1/deliveries/{first['id']}/resend", 422), call("POST", f"{path}/recover", 422, json={"since": "2024-01-01"}),
                    call("POST", "/v1/deliveries/redrive", 422, json={"endpoint_id": dead["endpoint"]["id"]})):
        assert refused["code"] == "endpoint_disabled"
    assert call("POST", "/v1/deliveries/redrive", 202, json={})["resent"] == 0
    call("DELETE", path)
    assert call("POST", f"/v1/deliveries/{second['id']}/resend", 422)["code"] == "endpoint_gone"
    assert call("POST", f"{path}/recover", 404, json={"since": "2024-01-01"})["code"] == "endpoint_not_found"
    assert call("GET", "/v1/deliveries/dlv_01hzzzzzzzzzzzzzzzzzzzzzzz", 404)["code"] == "delivery_not_found"


def test_bounds_of_what_a_tenant_can_have(call, world, tenant):
    endpoint = {"url": "https://example.com/", "event_types": ["own.*"]}
    for _ in range(50):
        call("POST", "/v1/webhooks", 201, json=endpoint)
    assert call("POST", "/v1/webhooks", 422, json=endpoint)["code"] == "too_many_endpoints"
    world.sql(f"INSERT INTO event_types (tenant_id, name, description, created_at, updated_at) SELECT '{tenant['id']}', 'own.type_' || i, 'x', now(), now() "
              "FROM generate_series(1, 498) i")
    assert call("PUT", "/v1/event-types/own.another", 422, json={"description": "x"})["code"] == "too_many_event_types"
    call("PUT", "/v1/event-types/own.type_1", json={"description": "y"})


def test_deliveries_are_the_tenants_and_its_secret_keys_alone(call, dead, world, tenant):
    other, one = world.make_tenant(), dead["deliveries"][0]
    assert call("GET", "/v1/deliveries", token=other["secret_key"])["deliveries"] == []
    assert call("GET", f"/v1/deliveries?endpoint_id={dead['endpoint']['id']}", token=other["secret_key"])["deliveries"] == []
    call("GET", f"/v1/deliveries/{one['id']}", 404, token=other["secret_key"])
    call("POST", f"/v1/deliveries/{one['id']}/resend", 404, token=other["secret_key"])
    assert call("POST", "/v1/deliveries/redrive", 202, token=other["secret_key"], json={})["resent"] == 0
    assert call("GET", f"/v1/deliveries/{one['id']}", 403, token=tenant["public_key"])["code"] == "secret_key_required"
    assert world.states(tenant) == {"dead_letter": 3}
