"""The policies of the gate as they are managed: by API and command line, one as good as the other."""

import json

import pytest
from cli import Operator
from gate_world import ROUTES
from lives import ok, refused

POLICY = {"methods": ["GET", "POST"], "callers": ["service", "agent"], "scopes": ["orders:write"], "scope_match": "any", "networks": ["10.0.0.0/8"],
          "tenants": ["tnt_01jcvk9zq4e8r9v3m5x7t2b6ah"], "rate": {"count": 100, "window_seconds": 60, "burst": 20},
          "audience": "https://orders.example", "keep_authorization": True, "enabled": True}


@pytest.fixture
def operator(stack):
    return Operator(stack)


@pytest.fixture
def manage(api, admin_token):
    return lambda method, name="", **rest: api.request(method, f"{ROUTES}/{name}".rstrip("/"), token=admin_token, **rest)


def listed(manage):
    return {route["name"]: route for route in ok(manage("GET", params={"limit": 1000}))["routes"]}


def test_policy_is_read_as_it_was_written(stack, manage):
    made = ok(manage("PUT", "managed.one", json=POLICY))
    assert {name: made[name] for name in POLICY} == POLICY
    assert (made["name"], made["changed_by"]) == ("managed.one", stack.admin()["client_id"])
    assert ok(manage("GET", "managed.one")) == made == listed(manage)["managed.one"]


def test_put_replaces_the_whole(manage):
    ok(manage("PUT", "managed.two", json=POLICY))
    made = ok(manage("PUT", "managed.two", json={"methods": ["GET"], "callers": ["user"]}))
    assert {name: made[name] for name in POLICY} == {
        "methods": ["GET"], "callers": ["user"], "scopes": [], "scope_match": "all", "networks": [], "tenants": [], "rate": None,
        "audience": "managed.two", "keep_authorization": False, "enabled": True}
    made = ok(manage("PUT", "managed.two", json={"methods": ["GET"], "callers": ["user"], "rate": {"count": 5}}))
    assert made["rate"] == {"count": 5, "window_seconds": 1, "burst": 5}


def test_removed_is_gone(manage):
    ok(manage("PUT", "managed.three", json=POLICY))
    assert ok(manage("DELETE", "managed.three"))["message"]
    refused(manage("GET", "managed.three"), 404, "gate_route_not_found")
    refused(manage("DELETE", "managed.three"), 404, "gate_route_not_found")


def test_list_goes_on_where_it_ended(manage):
    for name in ("page.a", "page.b", "page.c"):
        ok(manage("PUT", name, json=POLICY))
    first = ok(manage("GET", params={"limit": 2, "cursor": "page"}))
    assert [route["name"] for route in first["routes"]] == ["page.a", "page.b"] and first["next_cursor"] == "page.b"
    assert ok(manage("GET", params={"limit": 1, "cursor": "page.b"}))["routes"][0]["name"] == "page.c"


def test_change_leaves_its_audit_row_and_its_event(manage, operator):
    def told(table, column):
        return operator.sql(f"SELECT {column} FROM {table} WHERE {column} LIKE 'gate_route.%' AND ("
                            + ("detail" if table == "sys_audit_logs" else "data") + "->>'name') = 'told' ORDER BY 1").splitlines()
    ok(manage("PUT", "told", json=POLICY))
    ok(manage("DELETE", "told"))
    operator.do("route", "set", "told", "--method", "GET", "--caller", "user")
    operator.do("route", "remove", "told")
    assert told("sys_audit_logs", "event") == told("events", "type") == ["gate_route.removed"] * 2 + ["gate_route.set"] * 2


def test_resend_with_the_same_key_is_one_change(manage, operator):
    key = {"Idempotency-Key": "gate-route-0123456789"}
    first, second = (manage("PUT", "resent", json=POLICY, headers=key) for _ in range(2))
    assert ok(first) == ok(second) and second.headers["Idempotent-Replayed"] == "true"
    assert operator.sql("SELECT count(*) FROM sys_audit_logs WHERE event = 'gate_route.set' AND resource_id = 'resent'") == "1"


def test_command_line_does_the_same(manage, operator):
    made = operator.do("route", "set", "by.hand", "--method", "GET", "--method", "POST", "--caller", "service", "--caller", "agent", "--scope", "orders:write",
                       "--scope-match", "any", "--network", "10.0.0.0/8", "--tenant", POLICY["tenants"][0], "--rate", "100/60", "--burst", "20",
                       "--audience", "https://orders.example", "--keep-authorization")
    assert (made["name"], made["rate"], made["enabled"]) == ("by.hand", "100/60 burst 20", "yes")
    shown = listed(manage)["by.hand"]
    assert {name: shown[name] for name in POLICY} == POLICY
    assert "by.hand" in [route["name"] for route in operator.do("route", "list")["routes"]]
    assert operator.do("route", "remove", "by.hand") == {"name": "by.hand", "done": "remove"}
    assert "by.hand" not in listed(manage)


@pytest.mark.parametrize(("arguments", "error"), [
    (["set", "Bad", "--method", "GET", "--caller", "user"], '"name" must be'), (["set", "bad", "--method", "get", "--caller", "user"], '"methods" must be'),
    (["set", "bad", "--method", "GET", "--caller", "anybody"], '"callers" must be'),
    (["set", "bad", "--method", "GET", "--caller", "user", "--rate", "100"], "100 is no rate"),
    (["set", "bad", "--method", "GET", "--caller", "user", "--rate", "0/60"], '"rate" must be'), (["remove", "nobody.made.it"], "there is no route")])
def test_command_line_refuses_what_is_none(operator, arguments, error):
    said = operator.refused("route", *arguments)
    assert said["error"].startswith(error) and said["next_step"]


def test_check_finds_the_names_that_are_no_routes(operator, manage, tmp_path):
    ok(manage("PUT", "known", json=POLICY))
    ok(manage("PUT", "closed", json={**POLICY, "enabled": False}))
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "a.conf").write_text("location / { set $gatehouse_route known; include gatehouse/protect.conf; }\n"
                                               "  set\t$gatehouse_route 'closed' ;\n# set $gatehouse_route old;\n")
    rows = operator.do("route", "check", str(tmp_path))["routes"]
    assert [(row["name"], row["result"]) for row in rows] == [("known", "ok"), ("closed", "disabled")]
    assert rows[1]["place"] == f"{tmp_path}/sites/a.conf:2"

    (tmp_path / "b.conf").write_text('set $gatehouse_route "knwon";\nset $gatehouse_route known.$x; set $gatehouse_router known;\n')
    code, output, errors = operator.run("--json", "route", "check", str(tmp_path))
    assert code == 1 and "2 of the names" in errors and "route set" in errors
    assert output.count('"unknown"') == 2 and "knwon" in output
    assert "cannot be read" in operator.refused("route", "check", str(tmp_path / "nothing.conf"))["error"]


@pytest.mark.parametrize(("text", "results"), [
    ("location /a/ { set $gatehouse_route known; proxy_pass http://x; }", ["unprotected"]),
    ("location /a/ { set $gatehouse_route known; # include gatehouse/protect.conf;\n }", ["unprotected"]),
    ("server { location /a/ { include gatehouse/protect.conf;\n set $gatehouse_route known; } }", ["ok"]),
    ("location /a/ { set $gatehouse_route known; include /etc/gatehouse/protect.conf; location ~ \"\\.x{2}$\" { set $gatehouse_route known; } }",
     ["ok", "unprotected"]),
    ('location /a/ { if ($x = "}") { set $gatehouse_route known; } include "gatehouse/protect.conf"; return 200 "set ${x} {"; }', ["ok"]),
    ("server { set $gatehouse_route known; location / { include gatehouse/protect.conf; } }", ["ok"])])
def test_check_finds_the_locations_that_ask_nobody(operator, manage, tmp_path, text, results):
    ok(manage("PUT", "known", json=POLICY))
    (tmp_path / "a.conf").write_text(text)
    code, output, errors = operator.run("--json", "route", "check", str(tmp_path))
    assert [row["result"] for row in json.loads(output)["routes"]] == results
    assert (code, "protect.conf" in errors) == ((1, True) if "unprotected" in results else (0, False))

