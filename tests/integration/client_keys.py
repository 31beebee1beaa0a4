"""Clients that authenticate by a key: what they sign and how they send it."""

import base64
import hashlib
import json
import time
import uuid

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from lives import ok

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAKE = {"ES256": lambda: ec.generate_private_key(ec.SECP256R1()), "EdDSA": ed25519.Ed25519PrivateKey.generate,
        "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)}


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """A key pair of a client, and its public half as JWK."""

    def __init__(self, kid="k1", alg="ES256"):
        self.kid, self.alg, self.private = kid, alg, MAKE[alg]()

    @property
    def jwk(self):
        algorithm, public = jwt.PyJWS().get_algorithm_by_name(self.alg), self.private.public_key()
        members = {**json.loads(algorithm.to_jwk(public)), "kid": self.kid, "alg": self.alg}
        if self.alg == "ES256":  # PyJWT drops leading zeros: one key in 128 is none by RFC 7518 §6.2.1.2
            members |= {name: base64url(getattr(public.public_numbers(), name).to_bytes(32, "big")) for name in "xy"}
        return members

    def sign(self, claims, **headers):
        return jwt.encode(claims, self.private, self.alg, headers={"kid": self.kid, **headers})


def assertion(key, client_id, issuer, seconds=60, **changed):
    """A client assertion; `changed` replaces claims."""
    now = int(time.time())
    return key.sign({"iss": client_id, "sub": client_id, "aud": issuer, "jti": str(uuid.uuid4()), "iat": now,
                     "exp": now + seconds, **changed})


def ask(api, signed, **more):
    return api.post("/oauth/token", data={"grant_type": "client_credentials", "client_assertion_type": JWT_BEARER,
                                          "client_assertion": signed, **more})


def proof(key, method, url, token=None, **changed):
    """A DPoP proof (RFC 9449 §4.2); `changed` replaces claims."""
    claims = {"htm": method, "htu": url, "iat": int(time.time()), "jti": str(uuid.uuid4()), **changed}
    if token:
        claims["ath"] = base64url(hashlib.sha256(token.encode()).digest())
    public = {name: value for name, value in key.jwk.items() if name in ("kty", "crv", "x", "y", "n", "e")}
    return jwt.encode(claims, key.private, key.alg, headers={"typ": "dpop+jwt", "jwk": public})


def register(api, **members):
    return ok(api.post("/v1/internal/services/register", json={"service_name": "Keyed", **members}), 201)
