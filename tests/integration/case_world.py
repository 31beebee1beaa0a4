"""What the requests of cases/ talk about: made once, and not changed by a request that is refused.

`world` maps names like `a.user_id` to texts. Tenants: `a` (who calls), `b` (whose objects are out of reach), `unknown`
(well-formed ids that nobody has), `closed` (disabled). Services: `admin`, `plain` (no scope), `bound` (to tenant a,
every scope but internal:admin), `bound_admin`, `disabled`. Tokens: case_tokens.py."""

import zlib

import pytest
from case_tokens import ServerKey, claims_of, forgeries, sign

PASSWORD = "correct horse battery"
SCOPES = ("user:read", "user:write", "tenant:read", "auth:token", "event.publish")
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
UNKNOWN_ID = "01hzzzzzzzzzzzzzzzzzzzzzzz"
# Whose values must never be in an answer to a request that holds them.
SECRET_NAMES = ("secret_key", "public_key", "password", "client_secret", "token", "user_token", "reset_token", "signing_secret")


def machine_secret(prefix):
    """A well-formed secret that nobody has been given."""
    text, number = prefix + "0" * 43, zlib.crc32((prefix + "0" * 43).encode())
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return text + digits


class Builder:
    def __init__(self, api, stack, admin_token):
        self.api, self.stack, self.admin_token = api, stack, admin_token
        self.world = {}

    def put(self, group, **values):
        self.world.update({f"{group}.{name}": value for name, value in values.items()})

    def call(self, method, path, token=None, status=200, **rest):
        answer = self.api.request(method, path, token=token, **rest)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def tenant(self, name):
        made = self.call("POST", "/v1/tenants", json={"name": f"Tenant {name}"}, status=201)
        user, email = self.user(made["secret_key"], f"someone@{name}.example")
        login = self.login(made["public_key"], email)
        reset = self.call("POST", "/v1/auth/password-reset", made["secret_key"], json={"email": email})
        endpoint = self.call("POST", "/v1/webhooks", made["secret_key"], status=201,
                             json={"url": f"https://{name}.example/webhooks", "event_types": ["*"]})
        event_type = f"{name}_shop.order_created"
        self.call("PUT", f"/v1/event-types/{event_type}", made["secret_key"], json={"description": f"An order at {name}'s."})
        # As a worker leaves it; none runs here.
        delivery = f"dlv_{made['id'].removeprefix('tnt_')}"
        self.stack.cluster.psql("gatehouse", f"""INSERT INTO gatehouse.webhook_deliveries (id, created_at, tenant_id, endpoint_id, event_id,
            event_created_at, event_type, state) VALUES ('{delivery}', now(), '{made["id"]}', '{endpoint["id"]}', 'evt_{UNKNOWN_ID}', now(),
            '{event_type}', 'dead_letter')""")
        self.put(name, tenant_id=made["id"], delivery_id=delivery, public_key=made["public_key"], secret_key=made["secret_key"], user_id=user,
                 endpoint_id=endpoint["id"], signing_secret=endpoint["secret"], event_type=event_type,
                 email=email, password=PASSWORD, user_token=login, session_id=claims_of(login)["sid"],
                 reset_token=reset["token"])

    def user(self, key, email):
        made = self.call("POST", "/v1/auth/register", key, json={"email": email, "password": PASSWORD}, status=201)
        return made["id"], email

    def login(self, key, email):
        return self.call("POST", "/v1/auth/login", key, json={"email": email, "password": PASSWORD})["token"]

    def service(self, name, scopes=(), tenant_id=None):
        made = self.call("POST", "/v1/internal/services/register", json={"service_name": name}, status=201)
        for scope in scopes:
            self.call("POST", "/v1/internal/services/grant-scope", self.admin_token,
                      json={"client_id": made["client_id"], "scope_name": scope})
        if tenant_id:
            self.call("PATCH", f"/v1/internal/services/{made['client_id']}", self.admin_token, json={"tenant_id": tenant_id})
        token = self.call("POST", "/oauth/token", auth=(made["client_id"], made["client_secret"]),
                          data={"grant_type": "client_credentials"})["access_token"]
        self.put(name, client_id=made["client_id"], client_secret=made["client_secret"], token=token)

    def build(self):
        world, admin = self.world, self.stack.admin()
        self.put("admin", token=self.admin_token, **admin)
        self.put("unknown", tenant_id=f"tnt_{UNKNOWN_ID}", user_id=f"usr_{UNKNOWN_ID}", session_id=f"ses_{UNKNOWN_ID}",
                 endpoint_id=f"whk_{UNKNOWN_ID}", delivery_id=f"dlv_{UNKNOWN_ID}", event_type="unknown_shop.order_created",
                 client_id=f"svc_{UNKNOWN_ID}", email="nobody@nowhere.example", public_key=machine_secret("pub_"),
                 secret_key=machine_secret("sec_"), client_secret=machine_secret("secret_"),
                 reset_token=machine_secret("otp_"))
        for name in ("a", "b", "closed"):
            self.tenant(name)
        self.service("plain")
        self.service("bound", SCOPES, world["a.tenant_id"])
        self.service("bound_admin", ("internal:admin",), world["a.tenant_id"])
        self.service("platform", SCOPES)
        self.service("disabled", ("user:read",))
        self.call("PUT", "/v1/internal/routes/matrix", self.admin_token, json={"methods": ["GET"], "callers": ["service"]})
        self.call("PUT", "/v1/internal/scopes/matrix.scope", self.admin_token, json={"description": "Anybody's"})
        self.ended()
        self.forged()
        return world

    def ended(self):
        """What was good once."""
        world, secret, public = self.world, self.world["a.secret_key"], self.world["a.public_key"]
        self.call("POST", f"/v1/internal/services/{world['disabled.client_id']}/disable", self.admin_token)
        self.call("POST", f"/v1/tenants/{world['closed.tenant_id']}/disable", self.admin_token)
        user, email = self.user(secret, "disabled@a.example")
        self.put("ended", disabled_user_id=user, disabled_email=email, disabled_user_token=self.login(public, email))
        self.call("POST", f"/v1/users/{user}/disable", secret)
        token = self.login(public, world["a.email"])
        self.call("POST", "/v1/auth/logout", token)
        _, email = self.user(secret, "deleted@a.example")
        deleted = self.login(public, email)
        self.call("DELETE", f"/v1/users/{claims_of(deleted)['sub']}", secret)
        rotated = self.call("POST", f"/v1/tenants/{world['b.tenant_id']}/keys/public/rotate", world["b.secret_key"],
                            json={"grace_seconds": 0}, status=201)
        self.put("ended", logged_out_user_token=token, deleted_user_token=deleted, public_key=world["b.public_key"])
        self.put("b", public_key=rotated["key"])

    def forged(self):
        server, world = ServerKey(self.stack), self.world
        # The services' forgeries are of the administrator: believed, they would open everything.
        self.put("service", **forgeries(server, "at+jwt", self.admin_token))
        self.put("user", **forgeries(server, "JWT", world["a.user_token"]))

        def signed(typ, claims):
            return sign(server.private, {"typ": typ, "alg": "ES256", "kid": server.kid}, claims)

        admin, user = claims_of(self.admin_token), claims_of(world["a.user_token"])
        self.put("signed",
                 service_claims_as_user=signed("JWT", admin), user_claims_as_service=signed("at+jwt", user),
                 more_scope_than_granted=signed("at+jwt", {**claims_of(world["plain.token"]), "scope": "internal:admin"}),
                 unknown_client=signed("at+jwt", {**admin, "sub": world["unknown.client_id"]}),
                 user_in_tenant_b=signed("JWT", {**user, "tenant": world["b.tenant_id"]}),
                 user_of_every_tenant=signed("JWT", {**user, "tenant": "*"}),
                 user_without_session=signed("JWT", {name: value for name, value in user.items() if name != "sid"}))


@pytest.fixture(scope="module")
def world(api, stack, admin):
    return Builder(api, stack, admin.get()).build()


def secrets_in(world, sent):
    """The world's secrets that the bytes of a request hold."""
    found = {value for name, value in world.items() if name.partition(".")[2].endswith(SECRET_NAMES)}
    found |= {value for name, value in world.items() if name.split(".")[0] in ("service", "user", "signed")}
    return [value for value in found if len(value) > 8 and value.encode() in sent]
