"""Runs last and looks back: every change that a route or a command can make raises an event, of a type that the platform's
catalogue describes, and the events of all the tests before hold what their types' schemas say and nothing personal."""

import json
import re

import contract
import jsonschema
import pytest
from cli import Operator, within
from conftest import REPOSITORY

# Routes whose changes raise no event of their own, with the reason.
UNTOLD = {
    "POST /v1/internal/services/cleanup-tokens": "what it removes was over before",
    "POST /v1/events": "what it makes is an event",
    "POST /v1/deliveries/:id/resend": "what is sent again is no news",
    "POST /v1/deliveries/redrive": "what is sent again is no news",
    "POST /v1/webhooks/:id/recover": "what is sent again is no news",
    "POST /v1/webhooks/:id/ping": "the event is for one endpoint, and the use case raises it so",
}
TABLE = contract.route_table()
CHANGES = [route for route in TABLE if route.row["audit"]]
PERSONAL = re.compile(r"[\w.+-]+@[\w-]+\.\w|password|sec_[0-9A-Za-z]{20}|secret_[0-9A-Za-z]{20}|whsec_|eyJ")


@pytest.fixture(scope="module")
def catalogue(stack):
    """Name to schema of the platform's own types."""
    rows = Operator(stack).sql("SELECT json_build_object(name, schema) FROM event_types WHERE tenant_id IS NULL")
    return {name: schema for row in rows.splitlines() for name, schema in json.loads(row).items()}


def test_the_reasons_are_about_routes_that_there_are():
    assert {str(route) for route in CHANGES if not route.row["event"]} == set(UNTOLD)


@pytest.mark.parametrize("route", [route for route in CHANGES if route.row["event"]], ids=str)
def test_a_change_raises_an_event_of_the_catalogue(catalogue, route):
    assert route.row["event"] in catalogue


def test_every_type_of_the_catalogue_is_raised_somewhere(catalogue):
    """By a route, or by a name in the sources of functions and rooms."""
    sources = "".join(path.read_text() for folder in ("functions", "shared", "deploy/cli") for path in (REPOSITORY / folder).rglob("*.cpp"))
    by_routes = {route.row["event"] for route in CHANGES}
    assert [name for name in catalogue if name not in by_routes and f'"{name}"' not in sources] == []


def test_commands_raise_events_of_the_catalogue(catalogue):
    codes = set()
    for path in (REPOSITORY / "deploy" / "cli").glob("*.cpp"):
        codes |= set(re.findall(r'"((?:service|scope|agent|tenant|gate_route|signing_key)\.\w+)"', path.read_text()))
    assert len(codes) > 10 and codes <= set(catalogue)


def test_events_that_were_raised_are_as_their_types_say_and_hold_nothing_personal(stack, api, catalogue):
    api.post("/v1/tenants", json={"name": "The last"})  # so that there is one where this file runs alone
    operator = Operator(stack)
    within(10, lambda: operator.sql("SELECT count(*) FROM events WHERE type = 'tenant.created'") != "0")
    seen = set()
    for line in operator.sql("SELECT json_build_object('type', type, 'data', data) FROM events WHERE source IS NULL").splitlines():
        event = json.loads(line)
        seen.add(event["type"])
        assert event["type"] in catalogue, event
        jsonschema.validate(event["data"], catalogue[event["type"]])
        assert not PERSONAL.search(json.dumps(event["data"])), event
    assert "tenant.created" in seen


def test_a_change_and_its_event_are_one(api, stack, make_tenant):
    """By route: who did what to whom, in the tenant's own feed; and what was refused raises none."""
    tenant = make_tenant()
    key = tenant["secret_key"]
    account = {"email": "told@example.com", "password": "password123"}
    user = api.post("/v1/auth/register", token=tenant["public_key"], json=account).json()["id"]
    assert api.post("/v1/auth/register", token=tenant["public_key"], json=account).status_code == 409
    login = api.post("/v1/auth/login", token=tenant["public_key"], json=account).json()["token"]
    assert api.patch("/v1/users/me", token=login, json={"profile": {"name": "Ann"}}).ok
    assert api.post(f"/v1/users/{user}/disable", token=key).ok
    assert api.post(f"/v1/tenants/{tenant['id']}/keys/public/rotate", token=key, json={}).ok
    expected = [("tenant.created", tenant["id"], "anonymous"), ("user.created", user, "public_key"), ("user.logged_in", user, "public_key"),
                ("user.changed", user, "user"), ("user.disabled", user, "secret_key"), ("tenant.key_rotated", None, "secret_key")]

    def told():
        return api.get("/v1/events", token=key).json()["events"]
    within(10, lambda: len(told()) >= len(expected))
    for event, (type_, resource, actor) in zip(told(), expected, strict=True):
        assert (event["type"], event["data"]["actor_kind"]) == (type_, actor)
        assert resource in (None, event["data"]["resource_id"]) and "source" not in event
    assert told()[3]["data"]["changed"] == ["profile"] and "Ann" not in json.dumps(told())
