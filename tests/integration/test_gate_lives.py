"""How long a decision lives: not beyond what it was made from. Whoever was let through a moment ago is out within a second."""

import time

import pytest
from agents import Agent, keep_clear_of_the_hours_end
from gate_world import FREE, ROUTES, gate_world
from lives import REVOCATION_SECONDS, Service, ok, refused, within

SERVICES = "/v1/internal/services"


@pytest.fixture(scope="module")
def world(make_stack):
    with gate_world(make_stack) as world:
        yield world


def passes(world, token, path="/orders/1"):
    status = world.get(path, token=token).status_code
    assert status in (200, 401, 403), status
    return status == 200


def warm(world, token, path="/orders/1"):
    assert within(10, lambda: passes(world, token, path))
    for _ in range(3):
        assert passes(world, token, path)


def out_within_a_second(world, token, change, path="/orders/1"):
    warm(world, token, path)
    change()
    changed = time.monotonic()
    assert within(10, lambda: not passes(world, token, path))
    assert time.monotonic() - changed <= REVOCATION_SECONDS
    for _ in range(20):
        assert not passes(world, token, path)


@pytest.mark.parametrize("change", ["disable", "revoke-tokens", "revoke-scope"])
def test_service_is_out_within_a_second(world, change):
    service = Service.register(world.api, world.admin.get(), ["orders:write"])
    if change == "revoke-scope":
        out_within_a_second(world, service.token(), lambda: ok(world.api.post(
            f"{SERVICES}/revoke-scope", token=world.admin.get(), json={"client_id": service.id, "scope_name": "orders:write"})))
    else:
        out_within_a_second(world, service.token(), lambda: ok(world.api.post(f"{SERVICES}/{service.id}/{change}", token=world.admin.get())))


def test_agent_that_is_killed_is_out_within_a_second(world):
    agent = Agent(world.api, world.stack, world.admin.get(), ["orders:write"], **FREE)
    token = agent.token()
    out_within_a_second(world, token, lambda: ok(world.api.post(
        "/v1/internal/agents/kill", token=world.admin.get(), json={"client_id": agent.id, "reason": "testing"})))
    refused(world.get(token=token), 403, "agent_killed")
    ok(world.api.post("/v1/internal/agents/release", token=world.admin.get(), json={"client_id": agent.id}))
    assert within(10, lambda: passes(world, token))


def test_user_who_has_logged_out_is_out_within_a_second(world):
    _, token = world.users.join("leaves@example.com")
    out_within_a_second(world, token, lambda: ok(world.api.post("/v1/auth/logout", token=token)), "/php/x")
    refused(world.get("/php/x", token=token), 401, "session_ended")


def test_tenant_that_is_disabled_is_out_within_a_second(world):
    tenant = ok(world.api.post("/v1/tenants", json={"name": "C"}), 201)
    out_within_a_second(world, tenant["secret_key"], lambda: world.operator.do("tenant", "disable", tenant["id"]), "/php/x")


def test_policy_that_changes_acts_within_a_second(world):
    token = world.service.token()
    world.changing()
    out_within_a_second(world, token, lambda: world.changing(callers=["user"]), "/changing/")
    world.changing()
    out_within_a_second(world, token, lambda: ok(world.api.delete(f"{ROUTES}/changing", token=world.admin.get())), "/changing/")


def test_calls_of_agents_are_counted_and_end(world):
    keep_clear_of_the_hours_end()
    agent = Agent(world.api, world.stack, world.admin.get(), ["orders:write"], calls_per_hour=6, rate_per_minute=1000)
    token = agent.token()  # the first of its calls
    assert within(10, lambda: agent.used("agent_calls") == 1)
    for _ in range(5):
        assert passes(world, token)
    answer = world.get(token=token)
    refused(answer, 429, "agent_threshold_reached")
    assert answer.headers["RateLimit-Policy"] == '"agent_calls";q=6;w=3600' and int(answer.headers["Retry-After"]) >= 1
    assert agent.told("agent.threshold_reached") == (1, 1)


def test_without_postgresql_known_decisions_hold_for_a_second_at_most(world):
    token = world.service.token()
    warm(world, token)
    world.stack.cluster.stop(immediate=True)
    try:
        stopped = time.monotonic()
        assert within(20, lambda: world.get(token=token).status_code == 503)
        assert time.monotonic() - stopped <= 5  # connecting anew takes some of it; the age of what is believed is held elsewhere
        answer = world.get(token=token)
        refused(answer, 503, "temporarily_unavailable")
        assert int(answer.headers["Retry-After"]) >= 1 and answer.headers["Cache-Control"] == "no-store"
    finally:
        world.stack.cluster.start()
    assert within(30, lambda: world.get(token=token).status_code == 200)


def test_without_the_function_nobody_passes(make_stack):
    with gate_world(make_stack) as world:
        token = world.service.token()
        warm(world, token)
        socket = world.stack.sockets / "tokens.sock"
        socket.rename(socket.with_suffix(".away"))
        assert within(20, lambda: world.get(token=token).status_code == 503)
        answer = world.get(token=token)
        refused(answer, 503, "temporarily_unavailable")
        assert set(answer.json()) == {"error", "code", "message", "next_step", "trace_id", "request_id"}
        assert answer.headers["Retry-After"] == "1"
        socket.with_suffix(".away").rename(socket)
        assert within(20, lambda: world.get(token=token).status_code == 200)
