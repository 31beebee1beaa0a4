"""What is in a token, and whether others can verify it, with each signing algorithm."""

import base64
import hashlib
import json
import time

import jwt
import pytest
from cli import Operator, token, within
from conftest import Api

PUBLIC_MEMBERS = {"ES256": {"crv", "x", "y"}, "EdDSA": {"crv", "x"}, "RS256": {"n", "e"}}
KEY_TYPES = {"ES256": "EC", "EdDSA": "OKP", "RS256": "RSA"}
ALGORITHMS = [*KEY_TYPES, "HS256"]


@pytest.fixture(scope="module", params=ALGORITHMS)
def signed(request, make_stack):
    """A stack whose first key is of the algorithm: (algorithm, stack, api)."""
    stack = make_stack(settings={"signing_algorithm": request.param})
    stack.start()
    with Api(stack.url) as api:
        yield request.param, stack, api
    stack.stop()


@pytest.fixture
def person(signed):
    """A user who has logged in: tenant, account, id, token."""
    _, _, api = signed
    tenant = api.post("/v1/tenants", json={"name": "Signed"}).json()
    account = {"email": "ann@example.com", "password": "password123"}
    user = api.post("/v1/auth/register", token=tenant["public_key"], json=account).json()
    login = api.post("/v1/auth/login", token=tenant["public_key"], json=account).json()
    return {"tenant": tenant["id"], "id": user.get("id") or user["user"]["id"], "token": login["token"]}


def register(stack, *arguments):
    return Operator(stack).do("service", "register", "--name", "Claims", *arguments)


def parts(text):
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in text.split(".")[:2]]


def check_times(claims, lifetime):
    assert claims["exp"] - claims["iat"] == lifetime and abs(claims["iat"] - time.time()) < 30
    assert all(isinstance(claims[name], int) for name in ("iat", "exp"))


def test_key_set_holds_public_halves_and_no_shared_secret(signed):
    algorithm, stack, api = signed
    keys = api.get("/.well-known/jwks.json").json()["keys"]
    if algorithm == "HS256":
        return check_no_secret(stack, keys)
    assert len(keys) == 1 and set(keys[0]) == {"kty", "use", "alg", "kid"} | PUBLIC_MEMBERS[algorithm]
    assert (keys[0]["kty"], keys[0]["use"], keys[0]["alg"]) == (KEY_TYPES[algorithm], "sig", algorithm)
    required = {name: keys[0][name] for name in sorted(PUBLIC_MEMBERS[algorithm] | {"kty"})}
    digest = hashlib.sha256(json.dumps(required, separators=(",", ":")).encode()).digest()
    assert keys[0]["kid"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), "RFC 7638"


def check_no_secret(stack, keys):
    """Not even when there are keys of other algorithms beside it."""
    assert keys == []
    operator = Operator(stack)
    [shared] = [key["kid"] for key in operator.do("keys", "list")["keys"]]
    other = operator.do("keys", "rotate", "--algorithm", "ES256")["kid"]
    with Api(stack.url) as api:
        within(2, lambda: [key["kid"] for key in api.get("/.well-known/jwks.json").json()["keys"]] == [other])
        assert api.get("/.well-known/jwks.json").text.count(shared) == 0


def test_service_token_is_an_rfc_9068_access_token(signed):
    algorithm, stack, api = signed
    service = register(stack, "--scope", "orders:read", "--scope", "orders:write")
    header, claims = parts(token(api, service).json()["access_token"])
    assert set(header) == {"typ", "alg", "kid"} and (header["typ"], header["alg"]) == ("at+jwt", algorithm)
    check_times(claims, 300)
    assert claims.pop("nbf") == claims.pop("iat")
    assert claims.pop("jti").startswith("jti_") and claims.pop("exp")
    client = service["client_id"]
    assert claims == {"iss": stack.url, "sub": client, "aud": "gatehouse", "client_id": client, "clientId": client,
                      "scope": "orders:read orders:write"}


def test_bound_service_tells_its_system_environment_and_tenant(signed, person):
    _, stack, api = signed
    service = register(stack, "--tenant", person["tenant"], "--system-id", "mes-1", "--env", "prod")
    _, claims = parts(token(api, service).json()["access_token"])
    assert {name: claims[name] for name in ("clientId", "systemId", "env", "tenant")} == {
        "clientId": service["client_id"], "systemId": "mes-1", "env": "prod", "tenant": person["tenant"]}


def test_user_token_names_user_tenant_session_and_roles(signed, person):
    algorithm, stack, _ = signed
    header, claims = parts(person["token"])
    assert set(header) == {"typ", "alg", "kid"} and (header["typ"], header["alg"]) == ("JWT", algorithm)
    check_times(claims, 86400)
    assert claims["sid"].startswith("ses_") and claims["jti"].startswith("jti_")
    assert set(claims) == {"iss", "sub", "tenant", "sid", "iat", "exp", "jti", "roles"}
    assert (claims["iss"], claims["sub"], claims["tenant"], claims["roles"]) == (stack.url, person["id"], person["tenant"], [])


def test_delegated_token_tells_who_acts(signed, person):
    _, stack, api = signed
    service = register(stack, "--scope", "auth:token")
    answer = api.post("/api/internal/auth/token", token=token(api, service).json()["access_token"],
                      json={"tenant_id": person["tenant"], "user_id": person["id"]})
    assert answer.status_code == 200, answer.text
    header, claims = parts(answer.json()["access_token"])
    check_times(claims, 300)
    assert header["typ"] == "JWT" and claims["act"] == {"sub": service["client_id"]} and claims["sub"] == person["id"]
    assert api.get("/v1/users/me", token=answer.json()["access_token"]).json()["id"] == person["id"]


def test_every_function_verifies_it(signed, person):
    _, stack, api = signed
    caller = register(stack, "--scope", "internal:admin", "--scope", "tenant:read", "--scope", "user:read")
    service = token(api, caller).json()["access_token"]
    validated = api.post("/v1/internal/services/validate-token", json={"token": service}).json()
    assert validated == {"valid": True, "client_id": caller["client_id"],
                         "scopes": ["internal:admin", "tenant:read", "user:read"], "exp": parts(service)[1]["exp"]}
    for path in ("/v1/internal/services", "/api/internal/tenants", "/api/internal/users", "/api/internal/admin/services"):
        assert api.get(path, token=service).status_code == 200, path
    assert api.get("/v1/users/me", token=person["token"]).json()["id"] == person["id"]
    for text, path in ((service, "/v1/users/me"), (person["token"], "/v1/internal/services")):
        assert api.get(path, token=text).status_code in (401, 403), "one kind of token is never the other"
        damaged = text[:-10] + ("A" if text[-10] != "A" else "B") + text[-9:]
        assert api.get("/v1/users/me", token=damaged).status_code == 401


@pytest.mark.parametrize("damage", ["none", "signature", "claims"])
def test_resource_server_elsewhere_verifies_with_the_key_set_alone(signed, damage):
    """As any service would with an ordinary library: keys by HTTP, `aud` and `iss` checked."""
    algorithm, stack, api = signed
    text = token(api, stack.admin()).json()["access_token"]
    client = jwt.PyJWKClient(f"{stack.url}/.well-known/jwks.json")
    if algorithm == "HS256":
        with pytest.raises(jwt.PyJWTError):
            client.get_signing_key_from_jwt(text)
        return
    key = client.get_signing_key_from_jwt(text).key
    expected = {"algorithms": [algorithm], "audience": "gatehouse", "issuer": stack.url, "options": {"require": ["exp", "iat", "sub", "jti"]}}
    if damage == "none":
        assert jwt.decode(text, key, **expected)["sub"] == stack.admin()["client_id"]
        return
    head, payload, signature = text.split(".")
    if damage == "signature":
        signature = signature[::-1]
    else:
        claims = {**parts(text)[1], "scope": "everything"}
        payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(f"{head}.{payload}.{signature}", key, **expected)
