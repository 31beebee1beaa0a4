"""Requirements 36 and 37: every route with every kind of credential, and every object with every other tenant's.

The routes are those that the binaries print, so that a new one is in the tables by itself; what is sent to them is in
access_matrix.py. Requirement 38 is here too, since it needs the same requests."""

import pytest
from access_matrix import CREDENTIALS, ROUTES, body_of, expected_refusal, path_of, scoped, send, token_of
from case_world import world  # noqa: F401

# What a caller of tenant a is told who names something of tenant b.
DENIALS = {"POST /v1/auth/login": (401, "login_refused"),
           "POST /v1/auth/password-reset/confirm": (400, "one_time_token_invalid"),
           "POST /v1/auth/email-verification/confirm": (400, "one_time_token_invalid")}
# Routes that change what is the caller's own: of no other tenant's object can they be asked.
OWN = {"POST /v1/auth/register", "POST /v1/auth/logout", "POST /v1/auth/logout-all", "PATCH /v1/users/me",
       "POST /v1/users/me/password", "POST /v1/webhooks", "PUT /v1/event-types/:name"}
# Services belong to the platform: a bound one manages none, and asking for a permission is for all.
PLATFORM = ("/v1/internal/services", "/v1/internal/scopes", "/v1/internal/agents", "/v1/internal/routes",
            "/api/internal/admin/services")

every_route = pytest.mark.parametrize("route", ROUTES, ids=str)


@pytest.fixture(scope="module")
def realm(world, api):  # noqa: F811
    """The world, and what else the requests name."""
    answer = api.post("/v1/auth/email-verification", token=world["b.secret_key"], json={"email": world["b.email"]})
    return {**world, "b.verification_token": answer.json()["token"], "unknown.verification_token": world["unknown.reset_token"]}


def rows_of_b(stack, realm):
    tables = {"tenants": "id", "tenant_keys": "tenant_id", "users": "tenant_id", "sessions": "tenant_id",
              "one_time_tokens": "tenant_id", "webhook_endpoints": "tenant_id", "event_types": "tenant_id", "webhook_deliveries": "tenant_id"}
    return [stack.cluster.psql("gatehouse", f"SELECT t FROM gatehouse.{table} t WHERE {column} = '{realm['b.tenant_id']}' "
                                            "ORDER BY t::text") for table, column in tables.items()]


@pytest.fixture(scope="module")
def before(stack, realm):
    return rows_of_b(stack, realm)


@pytest.mark.parametrize("kind", CREDENTIALS)
@every_route
def test_r37_route_admits_whom_its_rule_names_and_nobody_else(api, realm, before, route, kind):
    refusal = expected_refusal(route, kind)
    if refusal:
        answer = send(api, route, realm, token_of(kind, route, realm))
        status, codes = refusal
        assert answer.status_code == status and answer.json()["code"] in codes, answer.text
        assert ("WWW-Authenticate" in answer.headers) == (status == 401 or codes == {"insufficient_scope"})
        return
    # A body of the wrong kind is looked at after the credential, and changes nothing.
    answer = send(api, route, realm, token_of(kind, route, realm), json=None, data=b"x", headers={"Content-Type": "text/x"})
    expected = (400, "body_not_expected") if route.row["body"] == "none" else (415, "unsupported_media_type")
    assert (answer.status_code, answer.json()["code"]) == expected


def foreign_callers(route):
    """Who of tenant a gets past the route's rule."""
    access = route.row["access"]
    named = {"public_key": "a.public_key", "secret_key": "a.secret_key", "user_token": "a.user_token",
             "service_token": scoped(route, bound=True)}
    return [named[kind] for kind in access]


def foreign_cells():
    return [pytest.param(route, caller, id=f"{route}-{caller}") for route in ROUTES if str(route) not in OWN
            for caller in foreign_callers(route)]


def as_unknown(realm):
    """The same world, but what is called b's exists nowhere."""
    swapped = {name.replace("unknown.", "b."): value for name, value in realm.items() if name.startswith("unknown.")}
    return {**realm, **swapped}


@pytest.mark.parametrize("route, caller", foreign_cells())
def test_r36_another_tenants_object_is_as_good_as_absent(api, realm, before, route, caller):
    answer = send(api, route, realm, realm[caller])
    if route.row["path"].startswith(PLATFORM):
        if route.row.get("scope"):
            assert (answer.status_code, answer.json()["code"]) == (403, "platform_service_required")
        else:
            assert set(answer.json()) == {"has_permission"}
        return
    named = path_of(route, realm) != path_of(route, as_unknown(realm)) or "{b." in str(body_of(route))
    if not named:
        assert answer.status_code == 200
    elif str(route) in DENIALS:
        assert (answer.status_code, answer.json()["code"]) == DENIALS[str(route)]
    else:
        assert answer.status_code == 404, answer.text
    for name in ("tenant_id", "user_id", "email", "session_id", "public_key", "secret_key", "endpoint_id", "signing_secret"):
        assert realm[f"b.{name}"] not in answer.text

    if named:
        absent = send(api, route, as_unknown(realm), realm[caller])
        assert (absent.status_code, absent.json()["code"], absent.json()["error"]) == \
            (answer.status_code, answer.json()["code"], answer.json()["error"])


def test_r36_nothing_of_the_other_tenant_has_changed(stack, realm, before):
    assert rows_of_b(stack, realm) == before


@pytest.mark.parametrize("route", [route for route in ROUTES if route.row["body"] != "none"], ids=str)
def test_r38_unknown_member_is_refused_and_not_echoed(api, realm, route):
    """However much the caller may: the same credential gets past the rule without it."""
    kind = next(kind for kind in reversed(CREDENTIALS) if not expected_refusal(route, kind))
    body = {**body_of(route), "is_admin": "a text that comes back nowhere"}
    answer = api.request(route.row["method"], path_of(route, realm), token=token_of(kind, route, realm), json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_member"), answer.text
    assert "a text that comes back nowhere" not in answer.text
