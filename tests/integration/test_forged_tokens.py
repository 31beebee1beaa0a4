"""Every forgery of forged_tokens.py, of a service's token and of a user's, at every kind of place that takes a token."""

import itertools
import time

import jwt
import pytest
from case_tokens import ServerKey, b64
from conftest import Api, ServiceToken
from cryptography.hazmat.primitives.asymmetric import ec
from forged_tokens import P256_ORDER, Forger, forgeries, unb64
from lives import REVOCATION_SECONDS, Service, Users, claims_of, ok, within

LONGEST_LINE = 15_000  # bytes of a token that nginx takes in a header; beyond them it answers 431


class Places:
    """Where a token is shown: each answers whether it was believed, and fails if it was refused in another way than it says.
    `asker`: a service that may introspect all tokens."""

    def __init__(self, api, asker):
        self.api, self.asker = api, asker

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

    def guarded_file(self, token):
        return self._header(token, "/guarded/page.txt")

    def validation(self, token):
        answer = self.api.post("/v1/internal/services/validate-token", json={"token": token})
        if answer.status_code in (400, 413):  # no text that a token could be
            assert token == "" or "\0" in token or len(token) > LONGEST_LINE, answer.text
            return False
        return ok(answer)["valid"]

    def introspection(self, token):
        answer = self.api.post("/oauth/introspect", auth=(self.asker.id, self.asker.secret), data={"token": token})
        if answer.status_code in (400, 413):
            assert token == "" or "\0" in token or len(token) > LONGEST_LINE, answer.text
            return False
        told = ok(answer)
        assert told["active"] or told == {"active": False}
        return told["active"]


IN_A_HEADER = ("service_route", "scoped_route", "user_route", "guarded_file")
PLACES = (*IN_A_HEADER, "validation", "introspection")
AT_HOME = {"service": ("service_route", "scoped_route", "guarded_file", "validation", "introspection"),
           "user": ("user_route", "guarded_file", "introspection")}
GUARDED = """location /guarded/ {
    set $gatehouse_route guarded;
    include gatehouse/protect.conf;
    root %s;
}
"""


def believed_at(places, token):
    """The names of the places that believe it. What no header can carry, or arrives there without its ends, is shown in bodies only."""
    carried = token == token.strip() and not any(mark in token for mark in "\r\n\0")
    return {name for name in PLACES if (carried or name not in IN_A_HEADER) and getattr(places, name)(token)}


@pytest.fixture(scope="module")
def stack(make_stack):
    """One whose nginx protects a file of somebody else's too."""
    stack = make_stack()
    files, protected = stack.run_dir / "files" / "guarded", stack.run_dir / "nginx" / "protected"
    for directory in (files, protected):
        directory.mkdir(parents=True)
    (files / "page.txt").write_text("a page\n")
    (protected / "guarded.conf").write_text(GUARDED % files.parent)
    stack.start()
    return stack


@pytest.fixture(scope="module")
def api(stack):
    with Api(stack.url) as api:
        yield api


@pytest.fixture(scope="module")
def admin(stack, api):
    credentials = stack.admin()
    admin = ServiceToken(api, credentials["client_id"], credentials["client_secret"])
    ok(api.put("/v1/internal/routes/guarded", token=admin.get(), json={"methods": ["GET"], "callers": ["service", "user"]}))
    assert within(10, lambda: api.get("/guarded/page.txt", token=admin.get()).status_code == 200)
    return admin


@pytest.fixture(scope="module")
def make_tenant(api):
    return lambda: ok(api.post("/v1/tenants", json={"name": "Forged"}), 201)


@pytest.fixture(scope="module")
def places(api, admin):
    return Places(api, Service.register(api, admin.get(), ["token.introspect"]))


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


@pytest.fixture(scope="module")
def issuers(api, stack, admin, make_tenant):
    """{name: (issuer, its key, a user's token)} of the platform and of two tenants with issuers of their own."""
    found = {}
    for name in ("platform", "a", "b"):
        tenant = make_tenant()
        if name != "platform":
            ok(api.patch(f"/v1/tenants/{tenant['id']}", token=admin.get(), json={"own_issuer": True}))
        issuer = stack.url + (f"/t/{tenant['id']}" if name != "platform" else "")
        users = Users(api, tenant)
        users.join("ann@example.com")
        assert within(30, lambda: claims_of(users.token("ann@example.com"))["iss"] == issuer)
        found[name] = issuer, ServerKey(stack, tenant["id"] if name != "platform" else ""), users.token("ann@example.com")
    return found


@pytest.mark.parametrize("signed_by, kid_of, issuer_of, token_of", itertools.product(["platform", "a", "b"], repeat=4))
def test_r18_issuer_vouches_for_its_own_tenant_only(places, issuers, signed_by, kid_of, issuer_of, token_of):
    """A tenant's user under each issuer, signed with each key under each kid: good is what the tenant's own issuer signs."""
    forger = Forger(issuers[signed_by][1].private, issuers[kid_of][1].kid, issuers[token_of][2])
    believed = believed_at(places, forger.make(claims={"iss": issuers[issuer_of][0]}))
    vouched = signed_by == kid_of == issuer_of and issuer_of in (token_of, "platform")
    assert believed == (set(AT_HOME["user"]) if vouched else set())
