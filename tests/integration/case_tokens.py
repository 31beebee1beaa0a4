"""Tokens that must not be believed. Those that test what is checked besides the signature are signed with the
server's own key, taken out of its keyring and database: nobody else could make them, so nothing else refuses them."""

import base64
import hashlib
import hmac
import json
import time

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MINUTE = 60


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


class ServerKey:
    """The private key that the stack signs with (ES256), of the platform's issuer or of a tenant's own."""

    def __init__(self, stack, tenant_id=""):
        row = stack.cluster.psql("gatehouse", "SELECT kid, encode(private_sealed, 'hex') FROM gatehouse.signing_keys WHERE algorithm = "
                                              f"'ES256' AND coalesce(tenant_id, '') = '{tenant_id}' ORDER BY created_at DESC LIMIT 1")
        self.kid, sealed = row.strip().split("|")
        sealed = bytes.fromhex(sealed)
        head = 2 + sealed[1]  # version, length of the id, id
        seals = dict(line.split()[1:] for line in (stack.run_dir / "keyring").read_text().splitlines()
                     if line.startswith("seal "))
        key = AESGCM(bytes.fromhex(seals[sealed[2:head].decode()]))
        der = key.decrypt(sealed[head:head + 12], sealed[head + 12:], sealed[:head] + self.kid.encode())
        self.private = serialization.load_der_private_key(der, None)


def sign(key, header, payload):
    """Any bytes as header and payload, under a real signature (or none)."""
    text = ".".join(b64(part if isinstance(part, bytes) else json.dumps(part).encode()) for part in (header, payload))
    algorithm = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256)
    return f"{text}.{b64(algorithm.sign(text.encode(), key))}"


def hs256(secret, header, payload):
    text = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(payload).encode())}"
    return f"{text}.{b64(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def forgeries(server, typ, good):
    """What can be done to a good token of either kind, by name."""
    now, claims = int(time.time()), claims_of(good)
    header = {"typ": typ, "alg": "ES256", "kid": server.kid}
    stranger = ec.generate_private_key(ec.SECP256R1())
    public = server.private.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    embedded = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(stranger.public_key()))
    head, payload, signature = good.split(".")
    raised = {**claims, "scope": "internal:admin", "roles": ["admin"]}

    def ours(changed_header=(), **changed):
        kept = {name: value for name, value in {**claims, **changed}.items() if value is not ...}
        return sign(server.private, {**header, **dict(changed_header)}, kept)

    def theirs(**changed_header):
        return sign(stranger, {**header, **changed_header}, claims)

    unsigned = f"{b64(json.dumps({'typ': typ, 'alg': 'none'}).encode())}.{payload}."
    return {
        # signed with the server's key, but not acceptable
        "expired": ours(iat=now - 20 * MINUTE, nbf=now - 20 * MINUTE, exp=now - 10 * MINUTE),
        "not_yet_valid": ours(nbf=now + 60 * MINUTE, iat=now + 60 * MINUTE),
        "no_expiry": ours(exp=...),
        "expiry_as_text": ours(exp=str(now + MINUTE)),
        "expiry_out_of_range": sign(server.private, header, json.dumps({**claims, "exp": 0}).replace(
            '"exp": 0', '"exp": 1e999999999').encode()),
        "wrong_issuer": ours(iss="https://elsewhere.example"),
        "no_issuer": ours(iss=...),
        "wrong_audience": ours(aud="https://elsewhere.example"),
        "wrong_type": ours({"typ": "id+jwt"}),
        "critical_header": ours({"crit": ["exp"]}),
        "unencoded_payload": ours({"b64": False, "crit": ["b64"]}),
        "key_url_header": ours({"jku": "http://127.0.0.1:1/keys"}),
        "compressed": ours({"zip": "DEF"}),
        "nul_in_kid": ours({"kid": server.kid + "\0"}),
        "duplicate_member": sign(server.private, header, json.dumps(claims).replace(
            '"sub"', '"sub": "somebody else", "sub"').encode()),
        "array_payload": sign(server.private, header, [claims]),
        "oversized": ours(padding="a" * 7000),
        # signed by others, or by nobody
        "alg_none": unsigned,
        "alg_none_cased": f"{b64(json.dumps({**header, 'alg': 'nOnE'}).encode())}.{payload}.",
        "alg_none_signed": f"{b64(json.dumps({**header, 'alg': 'none'}).encode())}.{payload}.{signature}",
        "hs256_public_key": hs256(pem, {**header, "alg": "HS256"}, claims),
        "other_key": theirs(),
        "unknown_kid": theirs(kid="key_unknown"),
        "path_as_kid": theirs(kid="../../../../dev/null"),
        "sql_as_kid": theirs(kid="' UNION SELECT 'x' --"),
        "embedded_key": theirs(jwk=embedded),
        "certificate_url": theirs(x5u="http://127.0.0.1:1/certificate"),
        "tampered": f"{head}.{b64(json.dumps(raised).encode())}.{signature}",
        "no_signature": f"{head}.{payload}.",
        "zero_signature": f"{head}.{payload}.{b64(bytes(64))}",
        "truncated": good[:-10],
        "two_parts": f"{head}.{payload}",
        "four_parts": f"{good}.{signature}",
        "padded": f"{good}==",
        "trailing_space_inside": f"{head} .{payload}.{signature}",
    }
