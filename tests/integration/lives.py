"""What the tests of whole lives share: accounts, logins, and waiting for what is promised within a time."""

import time

import jwt

PASSWORD = "correct horse battery"
REVOCATION_SECONDS = 1.0


def within(seconds, condition):
    """Whether the condition comes true in time; it is tried again and again, because that is what is promised."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def ok(answer, status=200):
    assert answer.status_code == status, answer.text
    return answer.json()


def refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


class Users:
    """The users of one tenant, by its keys."""

    def __init__(self, api, tenant):
        self.api, self.tenant = api, tenant
        self.public, self.secret = tenant["public_key"], tenant["secret_key"]

    def register(self, email, password=PASSWORD):
        return self.api.post("/v1/auth/register", token=self.public, json={"email": email, "password": password})

    def log_in(self, email, password=PASSWORD):
        return self.api.post("/v1/auth/login", token=self.public, json={"email": email, "password": password})

    def join(self, email, password=PASSWORD):
        """Registers, logs in, and answers id and token."""
        user = ok(self.register(email, password), 201)
        return user["id"], ok(self.log_in(email, password))["token"]

    def token(self, email, password=PASSWORD):
        return ok(self.log_in(email, password))["token"]

    def alive(self, token):
        answer = self.api.get("/v1/users/me", token=token)
        assert answer.status_code in (200, 401), answer.text
        return answer.status_code == 200

    def request(self, purpose, email):
        """The one-time token for `password-reset` or `email-verification`, as the tenant's mailer gets it."""
        return ok(self.api.post(f"/v1/auth/{purpose}", token=self.secret, json={"email": email}))["token"]

    def reset(self, token, password):
        return self.api.post("/v1/auth/password-reset/confirm", token=self.public,
                             json={"token": token, "new_password": password})


class Service:
    """A registered service; `token()` obtains one with all that it holds."""

    def __init__(self, api, client_id, client_secret):
        self.api, self.id, self.secret = api, client_id, client_secret

    @classmethod
    def register(cls, api, admin_token, scopes=(), tenant_id=None):
        made = ok(api.post("/v1/internal/services/register", json={"service_name": "A service"}), 201)
        for scope in scopes:
            ok(api.post("/v1/internal/services/grant-scope", token=admin_token,
                        json={"client_id": made["client_id"], "scope_name": scope}))
        if tenant_id:
            ok(api.patch(f"/v1/internal/services/{made['client_id']}", token=admin_token, json={"tenant_id": tenant_id}))
        return cls(api, made["client_id"], made["client_secret"])

    def ask(self, **form):
        return self.api.post("/oauth/token", auth=(self.id, self.secret), data={"grant_type": "client_credentials", **form})

    def token(self, **form):
        return ok(self.ask(**form))["access_token"]

    def check(self, token):
        """The answer of a route that any service may call."""
        return self.api.post("/v1/internal/services/check-permission", token=token,
                             json={"client_id": self.id, "scope_name": "x"})
