"""POST /oauth/revoke through nginx: every function refuses the token within a second; introspection says so too."""

import time

import pytest
from agents import Agent
from conftest import Api
from lives import REVOCATION_SECONDS, Service, ok, within
from signing_world import World


@pytest.fixture(scope="module")
def world(own_stack):
    world = World(own_stack)
    yield world
    world.api.close()


@pytest.fixture
def credentials(world):
    return world.service["client_id"], world.service["client_secret"]


def active(world, credentials, token):
    return ok(world.api.post("/oauth/introspect", auth=credentials, data={"token": token}))["active"]


def test_revoked_token_is_refused_by_every_function_within_a_second(world, credentials):
    token, other = world.token(), world.token()
    requests = world.endpoints(token)
    assert {name: send() for name, send in requests.items()} == world.ACCEPTED and active(world, credentials, token)
    ok(world.api.post("/oauth/revoke", auth=credentials, data={"token": token, "token_type_hint": "refresh_token"}))
    revoked = time.monotonic()
    ours = {name: send for name, send in requests.items() if name != "the user"}
    for name, send in {**ours, "validation": lambda: 200 if world.valid(token) else 401,
                       "introspection": lambda: 200 if active(world, credentials, token) else 401}.items():
        while send() != 401:
            assert time.monotonic() - revoked < REVOCATION_SECONDS, f"{name} accepts a revoked token"
    assert {name: send() for name, send in world.endpoints(other).items()} == world.ACCEPTED


def test_revocation_outlives_the_functions_and_ends_with_the_token(world, credentials):
    stack, token = world.stack, world.token()
    ok(world.api.post("/oauth/revoke", auth=credentials, data={"token": token}))
    old = stack.process_id("tokens")
    stack.reload()
    assert within(60, lambda: stack.process_id("tokens") != old and stack.ready())
    assert within(10, lambda: not world.valid(token)), "a function that has just started reads what it has missed"
    count = "SELECT count(*) FROM revoked_tokens"
    assert int(world.operator.sql(count)) >= 1
    world.operator.sql("UPDATE revoked_tokens SET expires_at = now() - interval '2 minutes'")
    assert world.api.post("/v1/internal/services/cleanup-tokens", token=world.token()).status_code == 200
    assert int(world.operator.sql(count)) == 0


def test_what_an_agent_revokes_is_recorded_and_counted_as_an_agents(world):
    agent = Agent(world.api, world.stack, world.token())
    token, other = agent.token(), agent.token()
    ok(world.api.post("/oauth/revoke", auth=(agent.id, agent.secret), data={"token": token}))
    assert within(REVOCATION_SECONDS, lambda: not world.valid(token))
    assert world.valid(other)
    rows = agent.sql(f"SELECT actor_kind FROM sys_audit_logs WHERE event = 'token.revoked' AND actor_id = '{agent.id}'")
    assert rows.splitlines() == ["agent"] and agent.used("agent_writes") == 1


def test_r13_nobody_revokes_what_is_anothers(world, credentials):
    with Api(world.stack.url) as api:
        stranger = Service.register(api, world.token())
        token = world.token()
        for text in (token, "x", token + "x"):
            answer = api.post("/oauth/revoke", auth=(stranger.id, stranger.secret), data={"token": text})
            assert (answer.status_code, answer.text) == (200, "{}")
        time.sleep(REVOCATION_SECONDS)
        assert world.valid(token) and active(world, credentials, token)


def test_a_hundred_thousand_living_revocations_are_known(world, credentials):
    """A function reads them once, and then only what is new."""
    world.operator.sql("WITH v AS (UPDATE epochs SET value = value + 100000 WHERE topic = 'revoked_tokens' RETURNING value) "
                       "INSERT INTO revoked_tokens (jti, client_id, expires_at, epoch) SELECT 'jti_' || md5(n::text), 'x', "
                       "now() + interval '5 minutes', v.value - 100000 + n FROM v, generate_series(1, 100000) n")
    token = world.token()
    assert within(30, lambda: world.valid(token))
    ok(world.api.post("/oauth/revoke", auth=credentials, data={"token": token}))
    assert within(10, lambda: not world.valid(token))
    world.operator.sql("DELETE FROM revoked_tokens")
