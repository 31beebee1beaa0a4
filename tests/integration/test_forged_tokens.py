"""Every forgery of forged_tokens.py, of a service's token and of a user's, at every kind of place that takes a token."""

import time

import jwt
import pytest
from case_tokens import ServerKey, b64
from cryptography.hazmat.primitives.asymmetric import ec
from forged_tokens import P256_ORDER, Forger, forgeries, unb64
from lives import REVOCATION_SECONDS, Service, Users, ok, within

LONGEST_LINE = 15_000  # bytes of a token that nginx takes in a header; beyond them it answers 431


class Places:
    """Where a token is shown: each answers whether it was believed, and fails if it was refused in another way than it says."""

    def __init__(self, api):
        self.api = api

    def _header(self, token, path):
        answer = self.api.get(path, token=token)
        assert answer.status_code in ((200, 401) if len(token) < LONGEST_LINE else (401, 431)), answer.text
        return answer.status_code == 200

    def service_route(self, token):
        return self._header(token, "/v1/internal/services")

    def scoped_route(self, token):
        return self._header(token, "/api/internal/users?limit=1")

    def user_route(self, token):
        return self._header(token, "/v1/users/me")

    def validation(self, token):
        answer = self.api.post("/v1/internal/services/validate-token", json={"token": token})
        if answer.status_code in (400, 413):  # no text that a token could be
            assert token == "" or "\0" in token or len(token) > LONGEST_LINE, answer.text
            return False
        return ok(answer)["valid"]


AT_HOME = {"service": ("service_route", "scoped_route", "validation"), "user": ("user_route",)}
IN_A_HEADER = ("service_route", "scoped_route", "user_route")


def believed_at(places, token):
    """The names of the places that believe it. What no header can carry, or arrives there without its ends, is shown in bodies only."""
    carried = token == token.strip() and not any(mark in token for mark in "\r\n\0")
    return {name for name in ("service_route", "scoped_route", "validation", "user_route")
            if (carried or name not in IN_A_HEADER) and getattr(places, name)(token)}


@pytest.fixture(scope="module")
def places(api):
    return Places(api)


@pytest.fixture(scope="module")
def forgers(api, stack, admin, make_tenant):
    """{kind: Forger}; the service is an administrator, so that a forgery that is believed would open everything."""
    server, users = ServerKey(stack), Users(api, make_tenant())
    service = Service.register(api, admin.get(), ["internal:admin", "user:read"])
    assert within(REVOCATION_SECONDS, lambda: "user:read" in ok(service.ask()).get("scope", ""))
    goods = {"service": service.token(), "user": users.join("ann@example.com")[1]}
    return {kind: Forger(server.private, server.kid, good) for kind, good in goods.items()}


@pytest.fixture(scope="module")
def forged(forgers):
    return {kind: forgeries(forger) for kind, forger in forgers.items()}


def names(kind):
    """The forgeries' names, for which any token does."""
    key = ec.generate_private_key(ec.SECP256R1())
    claims = {"iss": "https://issuer.example", "sub": "x", "exp": int(time.time())}
    return list(forgeries(Forger(key, "kid", jwt.encode(claims, key, "ES256", {"typ": "at+jwt" if kind == "service" else "JWT"}))))


@pytest.mark.parametrize("kind", AT_HOME)
def test_token_that_the_forger_makes_without_a_trick_is_believed_where_it_belongs(places, forgers, kind):
    """Otherwise all below would be refused for another reason than the one that is tested."""
    forger = forgers[kind]
    for token in (forger.good, forger.make(), forger.make({"x": 1}, {"jti": "jti_another", "y": [1, {"z": None}]})):
        assert believed_at(places, token) == set(AT_HOME[kind])


@pytest.mark.parametrize("kind, name", [(kind, name) for kind in AT_HOME for name in names(kind)])
def test_forged_token_is_believed_nowhere(places, forged, kind, name):
    assert believed_at(places, forged[kind][name]) == set()


def twin(token):
    """The token with the other signature that ECDSA makes of each: (r, n - s). Anybody can make it."""
    head, payload, signature = token.split(".")
    raw = unb64(signature)
    return f"{head}.{payload}.{b64(raw[:32] + (P256_ORDER - int.from_bytes(raw[32:], 'big')).to_bytes(32, 'big'))}"


def test_tokens_twin_by_its_signature_ends_with_the_token(api, places, admin_token, make_tenant):
    """It is the same token, so nothing that ends one may leave the other."""
    service, users = Service.register(api, admin_token), Users(api, make_tenant())
    ended = {"service": service.token(), "user": users.join("ann@example.com")[1]}
    assert places.validation(ended["service"]) and places.validation(twin(ended["service"])) and places.user_route(twin(ended["user"]))
    ok(api.post("/v1/auth/logout", token=ended["user"]))
    ok(api.post(f"/v1/internal/services/{service.id}/revoke-tokens", token=admin_token))
    assert within(REVOCATION_SECONDS, lambda: not places.validation(ended["service"]))
    assert not places.validation(twin(ended["service"])) and not places.user_route(twin(ended["user"]))
