"""What the table tests of access send: for each route that needs a credential, a request that only access can refuse.

Placeholders are of the world (case_world.py). Every request is about tenant `b`, its user, or a service of nobody's;
the callers are of tenant `a`, or strangers."""

import re

import contract

# Path parameters and bodies. Another tenant's object is what a request names, where it names one.
PARAMETERS = {"/v1/tenants/:id": "{b.tenant_id}", "/v1/users/me/sessions/:id": "{b.session_id}", "/v1/users/:id": "{b.user_id}",
              "/v1/internal/services/:client_id": "{plain.client_id}", "/v1/internal/routes/:name": "matrix",
              "/v1/internal/scopes/:name": "matrix.scope", "/v1/webhooks/:id": "{b.endpoint_id}",
              "/v1/event-types/:name": "{b.event_type}",
              "/v1/deliveries/:id": "{b.delivery_id}"}
SCOPE = {"client_id": "{plain.client_id}", "scope_name": "user:read"}
BODIES = {
    "POST /api/internal/auth/token": {"tenant_id": "{b.tenant_id}", "user_id": "{b.user_id}"},
    "PATCH /v1/tenants/:id": {"name": "Mine"},
    "POST /v1/tenants/:id/keys/public/rotate": {"grace_seconds": 0},
    "POST /v1/tenants/:id/keys/secret/rotate": {"grace_seconds": 0},
    "POST /v1/auth/register": {"email": "mallory@b.example", "password": "password123"},
    "POST /v1/auth/login": {"email": "{b.email}", "password": "{b.password}"},
    "POST /v1/auth/password-reset": {"email": "{b.email}"},
    "POST /v1/auth/password-reset/confirm": {"token": "{b.reset_token}", "new_password": "password456"},
    "POST /v1/auth/email-verification": {"email": "{b.email}"},
    "POST /v1/auth/email-verification/confirm": {"token": "{b.verification_token}"},
    "PATCH /v1/users/me": {"profile": {"name": "Mallory"}},
    "POST /v1/users/me/password": {"current_password": "{b.password}", "new_password": "password456"},
    "PATCH /v1/users/:id": {"roles": ["admin"]},
    "POST /api/internal/users": {"tenant_id": "{b.tenant_id}", "email": "mallory@b.example", "password": "password123"},
    "POST /v1/internal/services/grant-scope": SCOPE,
    "POST /v1/internal/services/revoke-scope": SCOPE,
    "POST /v1/internal/services/check-permission": SCOPE,
    "PATCH /v1/internal/services/:client_id": {"description": "Mine"},
    "PUT /v1/internal/routes/:name": {"methods": ["GET"], "callers": ["service"]},
    "POST /v1/internal/services/:client_id/secrets": {"expires_in": 3600},
    "POST /v1/internal/services/:client_id/secrets/rotate": {"grace_seconds": 86400},
    "PUT /v1/internal/scopes/:name": {"description": "Mine"},
    "POST /v1/webhooks/:id/recover": {"since": "2024-01-01"},
    "POST /v1/deliveries/redrive": {"endpoint_id": "{b.endpoint_id}"},
    "PUT /v1/event-types/:name": {"description": "Mine"},
    "POST /v1/events": {"type": "{b.event_type}", "tenant_id": "{b.tenant_id}"},
    "POST /v1/webhooks": {"url": "https://example.com/webhooks", "event_types": ["*"]},
    "PATCH /v1/webhooks/:id": {"event_types": ["*"]},
    "POST /v1/webhooks/:id/secret/rotate": {"grace_seconds": 0},
    "POST /v1/internal/agents/kill": {"tenant_id": "{b.tenant_id}", "reason": "mine"},
    "POST /v1/internal/agents/release": {"tenant_id": "{b.tenant_id}"},
    "PUT /v1/internal/services/:client_id/keys": {"keys": [{"kty": "OKP", "crv": "Ed25519",
                                                            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]},
}
QUERIES = {"GET /api/internal/users": "?tenant_id={b.tenant_id}", "GET /v1/events": "?tenant_id={b.tenant_id}"}

# kind of credential -> its name in the world; `scoped` depends on the route's scope
CREDENTIALS = {"nothing": None, "public_key": "a.public_key", "secret_key": "a.secret_key", "user_token": "a.user_token",
               "service_without_scope": "plain.token", "service_with_scope": "scoped"}

ROUTES = [route for route in contract.route_table() if route.row["access"] and route.row["access"] != ["client_secret"]]


def fill(value, world):
    """The value with the world's texts for its placeholders, however deep they lie."""
    if isinstance(value, dict):
        return {name: fill(one, world) for name, one in value.items()}
    if isinstance(value, list):
        return [fill(one, world) for one in value]
    return re.sub(r"\{(\w+\.\w+)\}", lambda match: world[match[1]], value) if isinstance(value, str) else value


def body_of(route):
    """None for a route without body."""
    if route.row["body"] == "none":
        return None
    assert str(route) in BODIES, f"{route} takes a body: say in BODIES which one only access can refuse"
    return BODIES[str(route)]


def path_of(route, world):
    """The path with another tenant's object in it."""
    path = route.row["path"]
    for prefix, placeholder in PARAMETERS.items():
        if path == prefix or path.startswith(prefix + "/"):
            path = placeholder.join((prefix.rpartition(":")[0], path[len(prefix):]))
    path = path.replace("/:secret_id", "/sct_01hzzzzzzzzzzzzzzzzzzzzzzz")
    assert ":" not in path, f"{route}: say in PARAMETERS whose object is meant"
    return fill(path + QUERIES.get(str(route), ""), world)


def send(api, route, world, token, **changed):
    """The route's request with that credential; `changed` replaces or adds what requests takes."""
    rest = {"json": fill(body_of(route), world), **changed}
    return api.request(route.row["method"], path_of(route, world), token=token, **rest)


def scoped(route, bound=False):
    """The service that holds the route's scope, whichever it is."""
    admin = route.row.get("scope", "") in ("", "internal:admin")
    if bound:
        return "bound_admin.token" if admin else "bound.token"
    return "admin.token" if admin else "platform.token"


def token_of(kind, route, world):
    name = CREDENTIALS[kind]
    return None if name is None else world[scoped(route) if name == "scoped" else name]


def expected_refusal(route, kind):
    """Status and codes of the refusal that the documents promise; None where the route admits the credential."""
    access, scope = route.row["access"], route.row.get("scope")
    if kind == "nothing":
        return 401, {"api_key_required", "user_token_required", "service_token_required"}
    if kind in access:
        return None
    if kind == "public_key" and "secret_key" in access:
        return 403, {"secret_key_required"}
    if kind.startswith("service") and "service_token" in access:
        return (403, {"insufficient_scope"}) if scope and kind == "service_without_scope" else None
    return 401, {"api_key_required", "api_key_unknown", "user_token_required", "user_token_invalid", "service_token_required",
                 "service_token_invalid"}
