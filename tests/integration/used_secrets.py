"""Every secret, token and password that the tests have sent or been given, so that a last test can look for them where
they must not be. Api (conftest.py) tells it of every request."""

import json

# Not public keys and ids: those are stored and shown as they are.
MEMBERS = {"password", "new_password", "current_password", "client_secret", "secret_key", "token", "access_token", "secret"}
SHORTEST = 8  # what is shorter is in every text
_used = set()


def _remember(value):
    if isinstance(value, str) and len(value) >= SHORTEST and not value.startswith("pub_"):
        _used.add(value)


def _walk(value):
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in MEMBERS:
                _remember(inner)
            _walk(inner)
    elif isinstance(value, list):
        for inner in value:
            _walk(inner)


def record(answer, sent):
    """Of one request: what it sent (the arguments of requests) and what was answered."""
    _walk({name: sent.get(name) for name in ("json", "data")})
    if isinstance(sent.get("auth"), tuple):
        _remember(sent["auth"][1])
    scheme, _, token = answer.request.headers.get("Authorization", "").partition(" ")
    if scheme in ("Bearer", "DPoP") and token.startswith(("sec_", "eyJ")):
        _remember(token)
    _remember(answer.headers.get("X-Device-Token"))
    try:
        _walk(json.loads(answer.text))
    except ValueError:
        pass


def used():
    return frozenset(_used)
