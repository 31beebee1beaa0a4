"""What a client's tokens say: scopes granted by name and by wildcard, the catalogue, claims of its own, and its token's life."""

import pytest
from case_tokens import claims_of
from cli import Operator, token, within
from conftest import Api

SERVICES, SCOPES = "/v1/internal/services", "/v1/internal/scopes"
REVOCATION_SECONDS = 1.0


class World:
    """A system whose catalogue is closed and whose clients may have two claims."""

    def __init__(self, stack, api):
        self.stack, self.api, self.operator = stack, api, Operator(stack)
        self.admin = token(api, stack.admin()).json()["access_token"]

    def call(self, method, path, status=200, **rest):
        answer = self.api.request(method, path, token=self.admin, **rest)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def service(self, *scopes):
        made = self.call("POST", f"{SERVICES}/register", 201, json={"service_name": "Batch job"})
        for scope in scopes:
            self.describe(scope)
            self.grant(made, scope)
        return made

    def describe(self, scope):
        return self.call("PUT", f"{SCOPES}/{scope}", json={"description": f"For tests: {scope}"})

    def grant(self, service, scope, status=200):
        return self.call("POST", f"{SERVICES}/grant-scope", status, json={"client_id": service["client_id"], "scope_name": scope})

    def revoke(self, service, scope):
        return self.call("POST", f"{SERVICES}/revoke-scope", json={"client_id": service["client_id"], "scope_name": scope})

    def change(self, service, status=200, **members):
        return self.call("PATCH", f"{SERVICES}/{service['client_id']}", status, json=members)

    def ask(self, service, **form):
        return self.api.post("/oauth/token", auth=(service["client_id"], service["client_secret"]),
                             data={"grant_type": "client_credentials", **form})

    def held(self, service, **form):
        return self.ask(service, **form).json().get("scope", "")

    def may(self, service, scope):
        return self.call("POST", f"{SERVICES}/check-permission",
                         json={"client_id": service["client_id"], "scope_name": scope})["has_permission"]

    def claims(self, service):
        return claims_of(self.ask(service).json()["access_token"])


@pytest.fixture(scope="module")
def world(make_stack):
    stack = make_stack(settings={"custom_claims": "department, https://example.com/level", "scope_catalogue": "closed"})
    stack.start()
    with Api(stack.url) as api:
        yield World(stack, api)


def test_wildcard_covers_one_level_in_tokens_questions_and_validation(world):
    service = world.service("log.*", "orders:*")
    within(REVOCATION_SECONDS, lambda: world.held(service, scope="log.push orders:read") == "log.push orders:read")
    issued = world.ask(service, scope="log.push orders:read").json()["access_token"]
    assert claims_of(issued)["scope"] == "log.push orders:read"
    assert world.held(service) == "" and "scope" not in claims_of(world.ask(service).json()["access_token"])
    for refused in ("log.*", "log", "log.push.now", "logs.push", "log:push", "internal:admin"):
        answer = world.ask(service, scope=refused)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope"), refused
    assert [scope for scope in ("log.push", "log.pull", "orders:read", "log", "log.a.b", "log.*", "user:read") if world.may(service, scope)] == [
        "log.push", "log.pull", "orders:read"]

    def valid():
        return world.call("POST", f"{SERVICES}/validate-token", json={"token": issued}).get("scopes")
    assert valid() == ["log.push", "orders:read"]
    world.revoke(service, "log.*")
    within(REVOCATION_SECONDS, lambda: valid() == ["orders:read"])
    assert not world.may(service, "log.push")


def test_wildcard_opens_routes_of_its_level_and_never_the_administrators(world):
    service = world.service("user:*")
    within(REVOCATION_SECONDS, lambda: world.held(service, scope="user:read") == "user:read")
    tenant = world.call("POST", "/v1/tenants", 201, json={"name": "Plant"})["id"]
    with_it = world.ask(service, scope="user:read").json()["access_token"]
    assert world.api.get(f"/api/internal/users?tenant_id={tenant}", token=with_it).status_code == 200
    assert world.api.get(SERVICES, token=with_it).status_code == 403
    for wildcard in ("internal:*", "auth:*", "*"):
        answer = world.grant(service, wildcard, 400)
        assert answer["code"] == "wildcard_invalid"
        assert "wildcard" in world.operator.refused("service", "grant", service["client_id"], wildcard)["error"]
    # Whoever writes into the table itself gains nothing either.
    world.operator.sql(f"INSERT INTO service_scopes (client_id, scope, granted_by) VALUES ('{service['client_id']}', 'internal:*', 'x')")
    for _ in range(20):
        assert world.ask(service, scope="internal:admin").status_code == 400
    assert not world.may(service, "internal:admin")


def test_default_scopes_are_held_unasked_as_far_as_they_are_granted(world):
    service = world.service("log.*", "user:read", "orders:write")
    within(REVOCATION_SECONDS, lambda: world.held(service) == "orders:write user:read")
    shown = world.change(service, default_scopes=["log.push", "user:read"])
    assert shown["default_scopes"] == ["log.push", "user:read"]
    within(REVOCATION_SECONDS, lambda: world.held(service) == "log.push user:read")
    assert world.held(service, scope="orders:write") == "orders:write"
    world.revoke(service, "user:read")
    within(REVOCATION_SECONDS, lambda: world.held(service) == "log.push")
    answer = world.call("POST", f"{SERVICES}/authenticate", json={name: service[name] for name in ("client_id", "client_secret")})
    assert answer["scopes"] == ["log.push"]
    assert "default_scopes" not in world.change(service, default_scopes=None)
    within(REVOCATION_SECONDS, lambda: world.held(service) == "orders:write")


def test_closed_catalogue_grants_what_it_describes(world):
    service = world.service()
    assert world.grant(service, "parts:read", 422)["code"] == "scope_not_in_catalogue"
    assert "catalogue" in world.operator.refused("service", "grant", service["client_id"], "parts:read")["error"]
    assert "catalogue" in world.operator.refused("service", "register", "--name", "X", "--scope", "parts:read")["error"]
    described = world.describe("parts:read")
    assert described["description"] == "For tests: parts:read"
    assert world.call("GET", f"{SCOPES}/parts:read") == described
    world.grant(service, "parts:read")
    assert world.grant(service, "parts:*", 422)["code"] == "scope_not_in_catalogue"
    assert world.call("DELETE", f"{SCOPES}/parts:read") == {"message": "Scope removed from the catalogue"}
    within(REVOCATION_SECONDS, lambda: world.held(service) == "parts:read")
    world.call("GET", f"{SCOPES}/parts:read", 404)
    # Nobody is locked out, whatever the catalogue says.
    world.operator.sql("DELETE FROM scopes WHERE name = 'internal:admin'")
    assert world.operator.do("admin", "create", "--name", "Another")["client_id"]


def test_catalogue_is_listed_page_by_page_and_kept_by_the_operator(world):
    assert world.operator.do("scope", "put", "paint.mix", "--description", "Mix paint") == {"scope": "paint.mix", "done": "put"}
    seen, cursor = [], ""
    while cursor is not None:
        page = world.call("GET", f"{SCOPES}?limit=2{cursor}")
        seen += [one["name"] for one in page["scopes"]]
        cursor = f"&cursor={page['next_cursor']}" if "next_cursor" in page else None
    assert seen == sorted(set(seen)) and {"paint.mix", "user:read", "auth:token"} <= set(seen)
    assert {row["name"]: row["description"] for row in world.operator.do("scope", "list")["scopes"]}["paint.mix"] == "Mix paint"
    assert world.operator.do("scope", "remove", "paint.mix")["done"] == "remove"
    assert "no scope" in world.operator.refused("scope", "remove", "paint.mix")["error"]
    assert "no name" in world.operator.refused("scope", "put", "paint.**", "--description", "x")["error"]
    events = world.operator.sql("SELECT string_agg(event, ' ' ORDER BY at) FROM sys_audit_logs WHERE resource_id = 'paint.mix'")
    assert events == "scope.described scope.removed"


def test_tokens_carry_the_claims_that_the_client_was_given(world):
    service = world.service()
    shown = world.change(service, custom_claims={"department": ["sales", "support"], "https://example.com/level": 1.50}, system_id="batch-7", env="prod")
    assert shown["custom_claims"] == {"department": ["sales", "support"], "https://example.com/level": 1.5}
    within(REVOCATION_SECONDS, lambda: world.claims(service).get("department") == ["sales", "support"])
    claims = world.claims(service)
    assert (claims["https://example.com/level"], claims["systemId"], claims["env"], claims["clientId"]) == (1.5, "batch-7", "prod", service["client_id"])
    world.change(service, custom_claims={"department": None})
    within(REVOCATION_SECONDS, lambda: "department" not in world.claims(service))
    assert world.claims(service)["https://example.com/level"] == 1.5
    for claims in ({"sub": "svc_x"}, {"scope": "internal:admin"}, {"team": "a"}):
        assert world.change(service, 422, custom_claims=claims)["code"] == "custom_claim_not_allowed"
    assert world.change(service, 422, custom_claims={"department": "x" * 1024})["code"] == "custom_claims_too_large"
    assert "custom_claims" not in world.change(service, custom_claims=None)
    # What is in the table but not among the settings' names is in no token.
    world.operator.sql(f"UPDATE services SET custom_claims = '{{\"sub\": \"x\", \"team\": \"a\", \"department\": \"b\"}}' WHERE client_id = '{service['client_id']}'")
    within(REVOCATION_SECONDS, lambda: world.claims(service).get("department") == "b")
    assert world.claims(service)["sub"] == service["client_id"] and "team" not in world.claims(service)


def test_operator_sets_what_tokens_hold_and_how_long_they_live(world):
    service = world.service("log.*")
    client = service["client_id"]
    assert world.operator.do("service", "set", client, "--token-seconds", "600", "--default-scope", "log.push", "--claim", "department=sales",
                             "--claim", "https://example.com/level=2") == {"client_id": client, "done": "set"}
    within(REVOCATION_SECONDS, lambda: world.ask(service).json()["expires_in"] == 600)
    claims = world.claims(service)
    assert (claims["scope"], claims["department"], claims["https://example.com/level"], claims["exp"] - claims["iat"]) == ("log.push", "sales", 2, 600)
    world.operator.do("service", "set", client, "--token-seconds", "0", "--all-scopes", "--remove-claim", "department")
    within(REVOCATION_SECONDS, lambda: world.ask(service).json()["expires_in"] != 600)
    assert world.held(service) == "" and "department" not in world.claims(service)
    for arguments in (("--claim", "sub=x"), ("--claim", "nothing"), ("--claim", "department=" + "x" * 1100), ("--default-scope", "log.*")):
        assert world.operator.refused("service", "set", client, *arguments)["next_step"]
    assert "no service" in world.operator.refused("service", "set", "svc_nobody", "--all-scopes")["error"]
    for arguments in ((), ("--token-seconds", "59"), ("--token-seconds", "3601"), ("--all-scopes", "--default-scope", "a")):
        assert world.operator.run("service", "set", client, *arguments)[0] == 2
    rows = world.operator.sql(f"SELECT detail::text FROM sys_audit_logs WHERE resource_id = '{client}' AND event = 'service.changed' ORDER BY at")
    assert "sales" not in rows and "custom_claims" in rows.splitlines()[0]
