"""A stack whose signing keys change, and those who notice: its own functions, and a resource server elsewhere."""

import re
import time

import jwt
from cli import Operator, token
from conftest import Api

MAX_AGE = 1  # seconds; the stack's jwks_max_age
JWKS = "/.well-known/jwks.json"


def kid_of(text):
    return jwt.get_unverified_header(text)["kid"]


def issuer_of(text):
    return jwt.decode(text, options={"verify_signature": False})["iss"]


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
    """Somebody else who verifies: knows an issuer and its metadata only, and keeps the JWKS as long as it may."""

    def __init__(self, world, issuer=None):
        self.issuer, self.api, self.fetched, self.keys = issuer or world.stack.url, Api(world.stack.url), None, {}
        path = self.issuer.removeprefix(world.stack.url)
        metadata = self.api.get(f"/.well-known/oauth-authorization-server{path}").json()
        assert metadata["issuer"] == self.issuer
        self.jwks = metadata["jwks_uri"].removeprefix(world.stack.url)

    def verify(self, text):
        if self.fetched is None or time.monotonic() - self.fetched > self.max_age:
            self.fetched = time.monotonic()
            answer = self.api.get(self.jwks)
            self.max_age = int(re.fullmatch(r"public, max-age=(\d+)", answer.headers["Cache-Control"])[1])
            self.keys = {key["kid"]: jwt.PyJWK(key) for key in answer.json()["keys"]}
        header = jwt.get_unverified_header(text)
        jwt.decode(text, self.keys[header["kid"]].key, algorithms=[header["alg"]], issuer=self.issuer, audience="gatehouse")
