"""POST /api/internal/auth/token: a service acts for a user, and no longer than it may itself."""

import json

import pytest
from lives import REVOCATION_SECONDS, Users, claims_of, ok, within


@pytest.fixture
def delegated(api, stack, make_tenant):
    """(client id, the user's id, the delegated token) of a service that acts for a user."""
    tenant = make_tenant()
    user, _ = Users(api, tenant).join("ann@example.com")
    service = ok(api.post("/v1/internal/services/register", json={"service_name": "Acts for users"}), 201)
    stack.operate("service", "grant", service["client_id"], "auth:token")
    credentials = (service["client_id"], service["client_secret"])

    def own_token():
        return ok(api.post("/oauth/token", auth=credentials, data={"grant_type": "client_credentials"}))["access_token"]

    assert within(REVOCATION_SECONDS, lambda: "auth:token" in claims_of(own_token()).get("scope", ""))
    answer = ok(api.post("/api/internal/auth/token", token=own_token(), json={"tenant_id": tenant["id"], "user_id": user}))
    assert answer["expires_in"] == 300
    return service["client_id"], user, answer["access_token"]


def test_delegated_token_names_user_and_actor_and_works_as_the_users(api, delegated):
    client, user, token = delegated
    claims = claims_of(token)
    assert (claims["sub"], claims["act"]) == (user, {"sub": client})
    assert ok(api.get("/v1/users/me", token=token))["id"] == user


@pytest.mark.parametrize("action", ["disable", "revoke-tokens"])
def test_delegated_token_stops_with_its_service(api, admin_token, delegated, action):
    client, _, token = delegated
    assert api.get("/v1/users/me", token=token).status_code == 200
    ok(api.post(f"/v1/internal/services/{client}/{action}", token=admin_token))
    assert within(REVOCATION_SECONDS, lambda: api.get("/v1/users/me", token=token).status_code == 401)


def test_what_a_service_does_for_a_user_is_audited_as_the_services(api, stack, delegated):
    client, user, token = delegated
    ok(api.patch("/v1/users/me", token=token, json={"profile": {"set": "by a service"}}))
    rows = stack.cluster.psql("gatehouse", f"""
        SELECT json_agg(json_build_array(event, actor_kind, actor_id, on_behalf_of) ORDER BY id)
          FROM gatehouse.sys_audit_logs WHERE actor_id = '{client}' AND on_behalf_of = '{user}'""")
    assert json.loads(rows) == [["token.delegated", "service", client, user], ["user.changed", "service", client, user]]
