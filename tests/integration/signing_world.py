"""A stack whose signing keys change, and those who notice: its own functions, and a resource server elsewhere."""

import time

import jwt
from cli import Operator, token
from conftest import Api

MAX_AGE = 1  # seconds; the stack's jwks_max_age
JWKS = "/.well-known/jwks.json"


def kid_of(text):
    return jwt.get_unverified_header(text)["kid"]


class World:
    """A stack whose JWKS may be kept for a second, a service that may do much, and a user who is logged in."""

    def __init__(self, stack):
        self.stack, self.operator, self.api = stack, Operator(stack), Api(stack.url)
        scopes = ("internal:admin", "tenant:read", "user:read", "auth:token")
        self.service = self.operator.do("service", "register", "--name", "Load", *(part for scope in scopes for part in ("--scope", scope)))
        self.public_key = self.api.post("/v1/tenants", json={"name": "Keys"}).json()["public_key"]
        self.account = {"email": "ann@example.com", "password": "password123"}
        assert self.api.post("/v1/auth/register", token=self.public_key, json=self.account).status_code == 201

    def token(self):
        return token(self.api, self.service).json()["access_token"]

    def user_token(self):
        return self.api.post("/v1/auth/login", token=self.public_key, json=self.account).json()["token"]

    def valid(self, text):
        return self.api.post("/v1/internal/services/validate-token", json={"token": text}).json()["valid"]

    def kids(self):
        answer = self.api.get(JWKS)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, f"public, max-age={MAX_AGE}")
        return [key["kid"] for key in answer.json()["keys"]]

    def states(self):
        return {key["kid"]: key["state"] for key in self.operator.do("keys", "list")["keys"]}

    # What `endpoints` answer to who may ask; the user whom "tokens" is asked for does not exist.
    ACCEPTED = {"tokens": 404, "services": 200, "tenants": 200, "users": 200, "the user": 200}

    def endpoints(self, service, user=None):
        """One request in each function that verifies a token."""
        user = user or self.user_token()
        return {
            "tokens": lambda: self.api.post("/api/internal/auth/token", token=service, json={"tenant_id": "x", "user_id": "x"}).status_code,
            "services": lambda: self.api.get("/v1/internal/services", token=service).status_code,
            "tenants": lambda: self.api.get("/api/internal/tenants", token=service).status_code,
            "users": lambda: self.api.get("/api/internal/users", token=service).status_code,
            "the user": lambda: self.api.get("/v1/users/me", token=user).status_code,
        }


class ResourceServer:
    """Somebody else who verifies: knows the JWKS only, and keeps it as long as it may."""

    def __init__(self, world):
        self.world, self.api, self.fetched, self.keys = world, Api(world.stack.url), None, {}

    def verify(self, text):
        if self.fetched is None or time.monotonic() - self.fetched > MAX_AGE:
            self.fetched = time.monotonic()
            self.keys = {key["kid"]: jwt.PyJWK(key) for key in self.api.get(JWKS).json()["keys"]}
        header = jwt.get_unverified_header(text)
        jwt.decode(text, self.keys[header["kid"]].key, algorithms=[header["alg"]], issuer=self.world.stack.url, audience="gatehouse")
