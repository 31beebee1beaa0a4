"""The kill switch: within a second, everywhere, for tokens that are out already, whatever restarts; and for agents only."""

import signal
import subprocess

import pytest
from agents import SERVICES, Agent, ask_copy
from cli import Operator
from conftest import Api, ServiceToken
from lives import REVOCATION_SECONDS, Service, ok, refused, within

KILLS = "/v1/internal/agents"


class World:
    """A tenant with a user and an agent, an agent of the platform, and a service of the tenant that is none."""

    def __init__(self, stack):
        self.stack, self.operator, self.api = stack, Operator(stack), Api(stack.url)
        credentials = stack.admin()
        self.admin = ServiceToken(self.api, credentials["client_id"], credentials["client_secret"])
        self.tenant, self.other = (ok(self.api.post("/v1/tenants", json={"name": name}), 201) for name in ("A", "B"))
        self.user = ok(self.api.post("/v1/auth/register", token=self.tenant["public_key"],
                                     json={"email": "someone@example.com", "password": "correct horse battery"}), 201)
        free = {"calls_per_hour": 1000000, "rate_per_minute": 60000}
        self.bound = Agent(self.api, stack, self.admin.get(), ["auth:token", "user:read"], self.tenant["id"], **free)
        self.platform = Agent(self.api, stack, self.admin.get(), **free)
        self.service = Service.register(self.api, self.admin.get(), ["user:read"], self.tenant["id"])
        self.observer = Service.register(self.api, self.admin.get(), ["token.introspect"])
        assert within(10, lambda: self.delegate(self.bound.token()).status_code == 200), "scopes have come to every cache"

    def delegate(self, token):
        return self.api.post("/api/internal/auth/token", token=token, json={"tenant_id": self.tenant["id"], "user_id": self.user["id"]})

    def target(self, name):
        return {"agent": {"client_id": self.bound.id}, "tenant": {"tenant_id": self.tenant["id"]}, "all": {"all": True}}[name]

    def kill(self, name):
        return ok(self.api.post(f"{KILLS}/kill", token=self.admin.get(), json={**self.target(name), "reason": "testing"}))

    def release(self, name):
        return ok(self.api.post(f"{KILLS}/release", token=self.admin.get(), json=self.target(name)))

    def valid(self, token):
        return ok(self.api.post(f"{SERVICES}/validate-token", json={"token": token}))["valid"]

    def active(self, token):
        return ok(self.api.post("/oauth/introspect", auth=(self.observer.id, self.observer.secret), data={"token": token}))["active"]

    def permitted(self, agent, scope="user:read"):
        return ok(self.api.post(f"{SERVICES}/check-permission", token=self.admin.get(),
                                json={"client_id": agent.id, "scope_name": scope}))["has_permission"]

    def users(self, token):
        return self.api.get(f"/api/internal/users?tenant_id={self.tenant['id']}", token=token)

    def events(self, code, target):
        return int(self.bound.sql(f"SELECT count(*) FROM events WHERE type = '{code}' AND data->>'target' = '{target}'"))


@pytest.fixture(scope="module")
def world(own_stack):
    return World(own_stack)


@pytest.fixture
def copy(world):
    """A second process of the function `users`, which nginx knows nothing of."""
    path = world.stack.run_dir / "copy.sock"
    process = subprocess.Popen([world.stack.program("users"), "--listen", path], env=world.stack.environment(), stderr=subprocess.DEVNULL)
    yield path
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0


@pytest.mark.parametrize("name", ["agent", "tenant", "all"])
def test_kill_acts_within_a_second_on_issued_tokens_everywhere(world, copy, name):
    agent, token = world.bound, world.bound.token()
    delegated = ok(world.delegate(token))["access_token"]
    ordinary, other = world.service.token(), world.platform.token()
    path = f"/api/internal/users?tenant_id={world.tenant['id']}"
    # Every function and the copy have the client in memory now.
    assert agent.call(token).status_code == world.users(token).status_code == 200 and world.valid(token)
    assert ask_copy(copy, "GET", path, token)[0] == 200
    ok(world.api.get("/v1/users/me", token=delegated))
    assert world.active(token) and world.active(delegated)

    world.kill(name)
    ways = {"token endpoint": lambda: agent.ask_token().status_code == 403,
            "services": lambda: agent.call(token).status_code == 403,
            "users": lambda: world.users(token).status_code == 403,
            "a copy": lambda: ask_copy(copy, "GET", path, token)[0] == 403,
            "for a user": lambda: world.api.get("/v1/users/me", token=delegated).status_code == 403,
            "delegation": lambda: world.delegate(token).status_code == 403,
            "validate-token": lambda: not world.valid(token),
            "introspection": lambda: not world.active(token) and not world.active(delegated),
            "check-permission": lambda: not world.permitted(agent)}
    left = set(ways)

    def refused_everywhere():
        left.difference_update([way for way in left if ways[way]()])
        return not left

    assert within(REVOCATION_SECONDS, refused_everywhere), left
    try:
        for answer in (agent.call(token), world.users(token), world.api.get("/v1/users/me", token=delegated)):
            refused(answer, 403, "agent_killed")
            assert "released" in answer.json()["next_step"]
        answer = agent.ask_token()
        refused(answer, 403, "agent_killed")
        assert (answer.json()["error"], answer.json()["error_description"]) == ("unauthorized_client", "this agent has been stopped")
        refused(world.api.post(f"{SERVICES}/authenticate", json={"client_id": agent.id, "client_secret": agent.secret}), 403, "agent_killed")

        assert world.users(ordinary).status_code == 200 and world.service.ask().status_code == 200, "no agent, not touched"
        assert world.valid(ordinary)
        stopped = name == "all"
        assert world.valid(other) != stopped and (world.platform.call(other).status_code == 403) == stopped
    finally:
        assert world.release(name)["released"] is True
    assert within(REVOCATION_SECONDS, lambda: agent.call(token).status_code == 200)
    assert within(REVOCATION_SECONDS, lambda: world.valid(token) and world.users(token).status_code == 200 and world.permitted(agent))
    ok(agent.ask_token())


def test_what_a_killed_agent_tries_is_in_the_trail(world):
    agent, token = world.bound, world.bound.token()
    world.kill("agent")
    try:
        assert within(REVOCATION_SECONDS, lambda: agent.call(token).status_code == 403 and agent.ask_token().status_code == 403)
    finally:
        world.release("agent")
    rows = f"SELECT string_agg(DISTINCT event, ' ' ORDER BY event) FROM sys_audit_logs WHERE reason = 'agent_killed' AND actor_kind = 'agent' AND actor_id = '{agent.id}'"
    assert within(10, lambda: agent.sql(rows) == "access.refused client.refused")
    assert within(10, lambda: agent.call(token).status_code == 200)


def test_kill_and_release_are_told_once_and_listed(world):
    target, before = world.bound.id, world.events("agent.killed", world.bound.id)
    made = world.kill("agent")
    again = world.api.post(f"{KILLS}/kill", token=world.admin.get(), json={"client_id": target, "reason": "another"})
    assert ok(again) == made, "the first one stands"
    assert set(made) == {"client_id", "reason", "killed_by", "killed_at"} and made["killed_by"] == world.stack.admin()["client_id"]
    assert ok(world.api.get(f"{KILLS}/killed", token=world.admin.get()))["killed"] == [made]
    listed = world.operator.do("agent", "list")["killed"]
    assert [(one["target"], one["reason"]) for one in listed] == [(target, "testing")]
    assert world.release("agent") == {"client_id": target, "released": True}
    assert world.release("agent") == {"client_id": target, "released": False}
    assert ok(world.api.get(f"{KILLS}/killed", token=world.admin.get())) == {"killed": []}
    assert world.events("agent.killed", target) == before + 1 == world.events("agent.released", target)
    trail = ok(world.api.get(f"/v1/audit?resource_id={target}&event=agent.killed", token=world.admin.get()))["entries"]
    assert trail[0]["detail"]["reason"] == "another" and trail[1]["detail"]["reason"] == "testing"
    assert {entry["tenant_id"] for entry in trail} == {world.tenant["id"]}


def test_list_goes_on_where_the_page_before_ended(world):
    for name in ("agent", "tenant", "all"):
        world.kill(name)
    try:
        seen, cursor = [], ""
        while cursor is not None:
            page = ok(world.api.get(f"{KILLS}/killed?limit=1{cursor}", token=world.admin.get()))
            seen += [one.get("client_id") or one.get("tenant_id") or one["all"] for one in page["killed"]]
            cursor = f"&cursor={page['next_cursor']}" if "next_cursor" in page else None
        assert seen == [True, world.bound.id, world.tenant["id"]]
        # Each of the three stops it alone.
        for name in ("agent", "tenant"):
            world.release(name)
            assert not world.permitted(world.bound)
    finally:
        for name in ("agent", "tenant", "all"):
            world.release(name)
    assert world.permitted(world.bound)


def test_kill_survives_restarts_and_the_operator_releases(world):
    agent, token = world.bound, world.bound.token()
    world.operator.do("agent", "kill", "--client", agent.id, "--reason", "it went wild")
    assert within(REVOCATION_SECONDS, lambda: agent.call(token).status_code == 403)
    before = {name: world.stack.process_id(name) for name in ("tokens", "services", "users")}
    world.stack.reload()
    assert within(30, lambda: all(world.stack.process_id(name) != number for name, number in before.items()))
    for _ in range(5):
        refused(agent.call(token), 403, "agent_killed")
        refused(agent.ask_token(), 403, "agent_killed")
    assert world.operator.refused("agent", "kill", "--client", world.service.id, "--reason", "x")["error"].endswith("not an agent")
    world.operator.do("agent", "release", "--client", agent.id)
    assert within(REVOCATION_SECONDS, lambda: agent.call(token).status_code == 200)
    assert world.operator.refused("agent", "release", "--client", agent.id)["next_step"] == "See `gatehouse agent list`."


def test_agents_do_not_work_the_switch(world):
    refused(world.api.post(f"{KILLS}/kill", token=world.platform.token(), json={"all": True, "reason": "x"}), 403, "insufficient_scope")
    answer = world.api.post(f"{SERVICES}/grant-scope", token=world.admin.get(),
                            json={"client_id": world.platform.id, "scope_name": "internal:admin"})
    refused(answer, 422, "agent_cannot_manage")
    said = world.operator.refused("service", "grant", world.platform.id, "internal:admin")
    assert said["error"] == "an agent cannot hold internal:admin"
    made = ("service", "register", "--name", "x", "--kind", "agent")
    assert world.operator.refused(*made, "--scope", "internal:admin")["error"] == said["error"]
    assert world.operator.refused(*made, "--max-per-call", "rows")["next_step"] == "Write it as NAME=N, say rows=500."
    assert world.operator.refused("service", "register", "--name", "x", "--calls-per-hour", "5")["next_step"] == "Add --kind agent."
