"""Agents: held to their thresholds exactly, however many callers and copies of a function there are, and recorded as what
they are."""

import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
from agents import HOUR, SERVICES, Agent, ask_copy, keep_clear_of_the_hours_end
from conftest import Api
from lives import REVOCATION_SECONDS, ok, refused, within

CALLERS = 8


@pytest.fixture(autouse=True)
def clear_of_the_hours_end():
    keep_clear_of_the_hours_end()


@pytest.fixture
def make_agent(api, stack, admin_token):
    return lambda **options: Agent(api, stack, admin_token, **{"rate_per_minute": 60000, **options})


@pytest.fixture(scope="module")
def copies(stack):
    """A second process of each function, on a socket of its own."""
    started = {}
    for name in ("services", "tokens"):
        path = stack.run_dir / f"copy-{name}.sock"
        started[name] = path, subprocess.Popen([stack.program(name), "--listen", path], env=stack.environment(), stderr=subprocess.DEVNULL)
    yield {name: path for name, (path, _) in started.items()}
    for _, process in started.values():
        process.send_signal(signal.SIGTERM)
    assert [process.wait(15) for _, process in started.values()] == [0, 0]


class Household:
    """A tenant with a user, for whom an agent of the tenant obtains tokens: a write that costs little."""

    def __init__(self, api):
        self.api, self.tenant = api, ok(api.post("/v1/tenants", json={"name": "A tenant"}), 201)
        self.user = ok(api.post("/v1/auth/register", token=self.tenant["public_key"],
                                json={"email": "someone@example.com", "password": "correct horse battery"}), 201)
        self.wanted = {"tenant_id": self.tenant["id"], "user_id": self.user["id"]}

    def ask(self, token, api=None, headers=None, **changed):
        return (api or self.api).post("/api/internal/auth/token", token=token, headers=headers, json={**self.wanted, **changed})

    def token_of(self, agent):
        """One with the scope: that has to come to every cache, and is tried without writing."""
        tokens = []

        def admitted():
            tokens[:] = [agent.token()]
            return self.ask(tokens[0], user_id="usr_nobody").status_code == 404

        assert within(10, admitted)
        return tokens[0]


@pytest.fixture
def household(api):
    return Household(api)


def starts_anew(answer):
    """The moment that the problem names; Retry-After has to lead there."""
    named = answer["error"].rsplit(" ", 1)[1]
    assert named in answer["next_step"]
    return datetime.fromisoformat(named.replace("Z", "+00:00"))


def test_calls_are_counted_exactly_by_many_callers_and_two_copies(stack, make_agent, copies):
    agent = make_agent(calls_per_hour=100)
    token = agent.token()  # which is the first call
    body = {"client_id": agent.id, "scope_name": "x"}

    def work(number):
        if number % 2:
            return [ask_copy(copies["services"], "POST", f"{SERVICES}/check-permission", token, body)[0] for _ in range(20)]
        with Api(stack.url) as own:
            return [agent.call(token, own).status_code for _ in range(20)]

    with ThreadPoolExecutor(CALLERS) as pool:
        statuses = sorted(status for answers in pool.map(work, range(CALLERS)) for status in answers)
    assert statuses == [200] * 99 + [429] * 61
    assert agent.used("agent_calls") == 100
    assert agent.told("agent.threshold_warning") == agent.told("agent.threshold_reached") == (1, 1)
    used = agent.sql(f"SELECT data->>'used' FROM events WHERE type = 'agent.threshold_warning' AND data->>'client_id' = '{agent.id}'")
    assert 80 <= int(used) <= 100

    answer = agent.call(token)
    refused(answer, 429, "agent_threshold_reached")
    assert 'threshold "agent_calls" of 100 calls per hour' in answer.json()["error"]
    assert answer.headers["RateLimit-Policy"] == f'"agent_calls";q=100;w={HOUR}'
    wait = int(answer.headers["Retry-After"])
    assert answer.headers["RateLimit"] == f'"agent_calls";r=0;t={wait}'
    anew = starts_anew(answer.json())
    assert (anew.minute, anew.second) == (0, 0)
    assert abs(anew - datetime.now(timezone.utc) - timedelta(seconds=wait)) < timedelta(seconds=30)
    refused(agent.ask_token(), 429, "agent_threshold_reached")
    assert agent.ask_token().json()["error"] == "temporarily_unavailable", "standard clients read RFC 6749's codes"
    assert agent.told("agent.threshold_reached") == (1, 1)


@pytest.mark.parametrize("limit, warned_at", [(10, 8), (7, 6), (1, 1)])
def test_warned_at_four_fifths_and_not_before(make_agent, limit, warned_at):
    agent = make_agent(calls_per_hour=limit)
    for used in range(1, limit + 1):
        ok(agent.ask_token())
        assert agent.told("agent.threshold_warning") == ((1, 1) if used >= warned_at else (0, 0)), used
    refused(agent.ask_token(), 429, "agent_threshold_reached")


def test_writes_are_counted_in_their_own_transaction(stack, api, make_agent, household, copies):
    tenant = household.tenant
    agent = make_agent(scopes=["auth:token"], tenant_id=tenant["id"], writes_per_hour=20)
    token = household.token_of(agent)

    def work(number):
        if number % 2:
            return [ask_copy(copies["tokens"], "POST", "/api/internal/auth/token", token, household.wanted)[0] for _ in range(5)]
        with Api(stack.url) as own:
            return [household.ask(token, own).status_code for _ in range(5)]

    with ThreadPoolExecutor(CALLERS) as pool:
        statuses = sorted(status for answers in pool.map(work, range(CALLERS)) for status in answers)
    assert statuses == [200] * 20 + [429] * 20
    assert agent.used("agent_writes") == 20
    assert int(agent.sql(f"SELECT count(*) FROM sessions WHERE user_id = '{household.user['id']}'")) == 20
    made = f"SELECT count(*) FROM sys_audit_logs WHERE actor_id = '{agent.id}' AND actor_kind = 'agent' AND event = 'token.delegated'"
    assert int(agent.sql(made)) == 20
    assert agent.told("agent.threshold_warning") == agent.told("agent.threshold_reached") == (1, 1)
    answer = household.ask(token)
    refused(answer, 429, "agent_threshold_reached")
    assert answer.headers["RateLimit-Policy"] == f'"agent_writes";q=20;w={HOUR}'
    assert 'threshold "agent_writes" of 20 writes per hour' in answer.json()["error"]
    assert agent.call(token).status_code == 200, "it may still read"
    entries = ok(api.get("/v1/audit?event=agent.threshold_reached", token=tenant["secret_key"]))["entries"]
    assert [(entry["actor_id"], entry["outcome"], entry["detail"]["policy"]) for entry in entries] == [(agent.id, "failure", "agent_writes")]


def test_refused_write_is_done_once_the_threshold_is_higher(api, make_agent, household, admin_token):
    """A refusal is no answer that an Idempotency-Key keeps, and a changed threshold counts within a second."""
    agent = make_agent(scopes=["auth:token"], tenant_id=household.tenant["id"], writes_per_hour=0)
    token = household.token_of(agent)

    def write():
        return household.ask(token, headers={"Idempotency-Key": f"once-{agent.id}"})

    refused(write(), 429, "agent_threshold_reached")
    ok(api.patch(f"{SERVICES}/{agent.id}", token=admin_token, json={"thresholds": {"writes_per_hour": 1}}))
    assert within(REVOCATION_SECONDS, lambda: write().status_code == 200)
    assert write().headers["Idempotent-Replayed"] == "true"
    assert agent.used("agent_writes") == 1


def test_work_that_fails_is_no_write(make_agent, household):
    agent = make_agent(scopes=["auth:token"], tenant_id=household.tenant["id"], writes_per_hour=5)
    token = household.token_of(agent)
    refused(household.ask(token, user_id="usr_nobody"), 404, "user_not_found")
    assert agent.used("agent_writes") == 0
    ok(household.ask(token))
    assert agent.used("agent_writes") == 1


def test_agent_has_a_rate_of_its_own(api, make_agent, admin_token):
    agent = make_agent(rate_per_minute=5)
    token = agent.token()
    first = agent.call(token)
    assert '"agent_rate";q=5;w=60' in first.headers["RateLimit-Policy"] and '"agent_calls";q=1000;w=3600' in first.headers["RateLimit-Policy"]
    assert '"agent_rate";r=' in first.headers["RateLimit"] and '"agent_calls";r=998;' in first.headers["RateLimit"]
    answers = [agent.call(token) for _ in range(20)]
    last = next(answer for answer in answers if answer.status_code == 429)
    assert last.json()["code"] == "rate_limited" and last.headers["RateLimit-Policy"] == '"agent_rate";q=5;w=60'
    assert "RateLimit-Policy" not in api.post(f"{SERVICES}/check-permission", token=admin_token,
                                              json={"client_id": agent.id, "scope_name": "x"}).headers


def test_nobody_else_is_counted(api, admin_token, stack):
    service = ok(api.post(f"{SERVICES}/register", json={"service_name": "Plain"}), 201)
    token = ok(api.post("/oauth/token", auth=(service["client_id"], service["client_secret"]), data={"grant_type": "client_credentials"}))
    for _ in range(3):
        ok(api.post(f"{SERVICES}/check-permission", token=token["access_token"], json={"client_id": service["client_id"], "scope_name": "x"}))
    owners = stack.cluster.psql("gatehouse", f"SELECT count(*) FROM gatehouse.quotas WHERE owner = '{service['client_id']}'")
    assert owners.strip() == "0"


def test_no_page_is_longer_than_the_agents_maximum(api, make_agent, make_tenant):
    tenant = make_tenant()
    for number in range(4):
        ok(api.post("/v1/auth/register", token=tenant["public_key"], json={"email": f"r{number}@example.com", "password": "correct horse battery"}), 201)
    agent = make_agent(scopes=["user:read"], tenant_id=tenant["id"], max_per_call={"rows": 3})
    path, token = f"/api/internal/users?tenant_id={tenant['id']}", []

    def admitted():
        token[:] = [agent.token()]
        return api.get(path, token=token[0]).status_code == 200

    assert within(10, admitted)
    page = ok(api.get(path, token=token[0]))
    assert len(page["users"]) == 3 and "next_cursor" in page
    assert len(ok(api.get(f"{path}&cursor={page['next_cursor']}", token=token[0]))["users"]) == 1
    answer = api.get(f"{path}&limit=4", token=token[0])
    refused(answer, 403, "agent_maximum_exceeded")
    assert answer.json()["error"] == "this agent may have at most 3 rows in one call"
    trail = f"SELECT count(*) FROM sys_audit_logs WHERE actor_id = '{agent.id}' AND actor_kind = 'agent' AND reason = 'agent_maximum_exceeded'"
    assert within(10, lambda: agent.sql(trail) == "1")


def test_what_an_agent_does_for_a_user_is_an_agents(api, make_agent, household):
    """Delegation does not lead round thresholds, nor out of the trail."""
    agent = make_agent(scopes=["auth:token"], tenant_id=household.tenant["id"], writes_per_hour=2)
    token = ok(household.ask(household.token_of(agent)))["access_token"]
    before = agent.used("agent_calls")
    ok(api.patch("/v1/users/me", token=token, json={"profile": {"name": "Someone"}}))
    assert agent.used("agent_calls") == before + 1
    refused(api.patch("/v1/users/me", token=token, json={"profile": {"name": "Else"}}), 429, "agent_threshold_reached")
    assert ok(api.get("/v1/users/me", token=token))["profile"] == {"name": "Someone"}
    row = agent.sql("SELECT actor_kind, actor_id, on_behalf_of FROM sys_audit_logs WHERE event = 'user.changed' AND"
                    f" on_behalf_of = '{household.user['id']}'")
    assert row == f"agent|{agent.id}|{household.user['id']}"
