"""Forged tokens by name: `forgeries(Forger(...))` makes all that is tried, each family of tricks named after
its security requirement.

Some are signed with the server's own key (case_tokens.ServerKey), so that nothing but the rule they break refuses them;
the rest is what somebody without it can do. In both, whatever is not the trick itself is as in a good token."""

import base64
import functools
import hashlib
import hmac
import json
import time

from case_tokens import b64, claims_of
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
HOUR = 3600


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def dumps(value):
    return value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()


def ecdsa(key, digest=hashes.SHA256):
    """Signs as RFC 7518 §3.4 says: r and s, each as long as the curve's order."""
    size = (key.curve.key_size + 7) // 8

    def sign(text):
        return b"".join(part.to_bytes(size, "big") for part in decode_dss_signature(key.sign(text, ec.ECDSA(digest()))))
    return sign


def mac(secret, digest=hashlib.sha256):
    return lambda text: hmac.digest(secret, text, digest)


def nobody(_):
    return b""


class Forger:
    """`private` and `kid` are the server's, `good` a token that it issued."""

    def __init__(self, private, kid, good):
        self.private, self.kid, self.good = private, kid, good
        self.claims = claims_of(good)
        self.header = {**json.loads(unb64(good.split(".")[0])), "kid": kid}
        self.ours = ecdsa(private)

    def make(self, header=(), claims=(), by=None):
        """A token that differs from the good one in these members (None: left out), or is these bytes; signed by the server."""
        def changed(base, change):
            if isinstance(change, (bytes, list, str)):
                return dumps(change)
            return dumps({name: value for name, value in {**base, **dict(change)}.items() if value is not None})
        text = f"{b64(changed(self.header, header))}.{b64(changed(self.claims, claims))}"
        return f"{text}.{b64((by or self.ours)(text.encode()))}"


@functools.cache
def strangers():
    return {"ES256": ec.generate_private_key(ec.SECP256R1()), "ES384": ec.generate_private_key(ec.SECP384R1()),
            "ES256K": ec.generate_private_key(ec.SECP256K1()), "RS256": rsa.generate_private_key(65537, 2048),
            "EdDSA": ed25519.Ed25519PrivateKey.generate()}


def public_jwk(key, **more):
    numbers = key.public_key().public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": b64(numbers.x.to_bytes(32, "big")), "y": b64(numbers.y.to_bytes(32, "big")),
            **more}


def public_spellings(forger):
    """The published key in every form that a careless verifier could take for an HMAC secret."""
    public, jwk = forger.private.public_key(), public_jwk(forger.private)
    spki, point = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.PublicFormat.UncompressedPoint
    pem = public.public_bytes(serialization.Encoding.PEM, spki)
    return {"PEM": pem, "PEM without its last newline": pem.rstrip(),
            "DER": public.public_bytes(serialization.Encoding.DER, spki),
            "point": public.public_bytes(serialization.Encoding.X962, point), "x": jwk["x"].encode(), "JWK": dumps(jwk),
            "published JWK": dumps({**jwk, "use": "sig", "alg": "ES256", "kid": forger.kid}), "kid": forger.kid.encode(),
            "nothing": b""}


def r10_binding_is_understood(forger):
    """A token that says that it is bound is never taken for one that is not."""
    for value in ("x", 1, True, [], {}, {"jkt": 1}, {"jkt": ""}, {"jkt": None}, {"x5t#S256": None}, {"kid": "x"},
                  {"jwk": {}}, {"JKT": "A" * 43}):
        yield f"cnf {json.dumps(value)}", forger.make(claims={"cnf": value})
    yield "cnf null", forger.make(claims=dumps({**forger.claims, "cnf": None}))
    yield "cnf half understood", forger.make(claims={"cnf": {"x5t#S256": "A" * 43, "jkt": 1}})


def r17_algorithm_is_pinned_to_the_key(forger):
    for name in ("none", "None", "NONE", "nOnE", "none ", " none", "", "nοne", "null", "HS256", "ES256"):
        yield f"unsigned, alg {name!r}", forger.make({"alg": name}, by=nobody)
    for value in (None, 0, True, ["ES256"], ["none"], {}):
        yield f"alg {'missing' if value is None else json.dumps(value)}", forger.make({"alg": value})
    yield "alg null", forger.make(dumps({**forger.header, "alg": None}))
    for name in ("none", "es256", "ES256 ", "ES384", "ES512", "ES256K", "RS256", "PS256", "EdDSA", "HS256", "A128KW", "dir"):
        yield f"signed by us, alg {name!r}", forger.make({"alg": name})
    for size in (256, 384, 512):
        for spelling, secret in public_spellings(forger).items():
            yield f"HS{size} with the public key: {spelling}", forger.make({"alg": f"HS{size}"}, by=mac(secret, f"sha{size}"))
    for spelling, secret in public_spellings(forger).items():
        yield f"ES256 in name, HMAC with the public key: {spelling}", forger.make(by=mac(secret))
    keys = strangers()
    signers = {"ES256": ecdsa(keys["ES256"]), "ES384": ecdsa(keys["ES384"], hashes.SHA384), "ES256K": ecdsa(keys["ES256K"]),
               "RS256": lambda text: keys["RS256"].sign(text, padding.PKCS1v15(), hashes.SHA256()),
               "PS256": lambda text: keys["RS256"].sign(text, padding.PSS(padding.MGF1(hashes.SHA256()), 32),
                                                        hashes.SHA256()),
               "EdDSA": keys["EdDSA"].sign}
    for name, signer in signers.items():
        yield f"another's {name} key under our kid", forger.make({"alg": name}, by=signer)
        yield f"another's {name} key called ES256", forger.make({"alg": "ES256"}, by=signer)


def r18_key_comes_from_our_own_set(forger):
    theirs = ecdsa(strangers()["ES256"])
    ours = {"ours cut": forger.kid[:-1], "ours and NUL": forger.kid + "\0", "ours and a space": forger.kid + " ",
            "ours in other case": forger.kid.swapcase()}
    kids = ("../../../../dev/null", "/dev/null", "file:///dev/null", "' OR '1'='1", "x' UNION SELECT 'x' -- ", '"; id; "',
            "$(id)", "*", "%", "_",
            "", " ", "0")
    for name, kid in {**ours, **{repr(kid): kid for kid in kids}, "of 4000 bytes": "K" * 4000}.items():
        yield f"kid {name}, by another", forger.make({"kid": kid}, by=theirs)
        yield f"kid {name}, by us", forger.make({"kid": kid})
        yield f"kid {name}, HMAC with an empty secret", forger.make({"alg": "HS256", "kid": kid}, by=mac(b""))
    others = {"missing": None, "0": 0, "-1": -1, "1e300": 1e300, "true": True, "in an array": [forger.kid],
              "in an object": {"kid": forger.kid}}
    for name, kid in others.items():
        yield f"kid {name}", forger.make({"kid": kid})
    yield "kid null", forger.make(dumps({**forger.header, "kid": None}))
    inside = {"jwk": public_jwk(strangers()["ES256"]), "jku": "https://elsewhere.example/jwks.json",
              "x5u": "http://127.0.0.1:1/x",
              "x5c": [base64.b64encode(b"certificate").decode()], "x5t": "AAAA", "x5t#S256": "A" * 43, "zip": "DEF",
              "b64": False,
              "crit": ["b64"], "enc": "A128GCM", "epk": public_jwk(strangers()["ES256"])}
    for name, value in inside.items():
        yield f"{name} in the header, by another", forger.make({name: value}, by=theirs)
        yield f"{name} in the header, by us", forger.make({name: value})
    yield "our own key as jwk", forger.make({"jwk": public_jwk(forger.private)})
    yield "jwk without a kid", forger.make({"jwk": inside["jwk"], "kid": None}, by=theirs)
    for value in ([], ["exp"], ["alg"], ["unheard-of"], "b64", None):
        yield f"crit {json.dumps(value)}", forger.make(dumps({**forger.header, "crit": value}))
    raw = forger.make({"b64": False, "crit": ["b64"]}).split(".")
    plain = dumps(forger.claims).decode()
    yield "unencoded payload", f"{raw[0]}.{plain}.{b64(forger.ours(f'{raw[0]}.{plain}'.encode()))}"


def r24_members_are_there_once(forger):
    def twice(base, first, second):
        """`first` is put before all members, `second` behind them."""
        return b"{" + first + b"," + dumps(base)[1:-1] + b"," + second + b"}"

    header = {name: value for name, value in forger.header.items() if name != "alg"}
    yield "alg twice, none first", forger.make(twice(header, b'"alg":"none"', b'"alg":"ES256"'))
    yield "alg twice, none last", forger.make(twice(header, b'"alg":"ES256"', b'"alg":"none"'))
    yield "alg twice, alike", forger.make(twice(header, b'"alg":"ES256"', b'"alg":"ES256"'))
    yield "alg twice, once by an escape", forger.make(twice(header, b'"alg":"ES256"', b'"\\u0061lg":"none"'))
    yield "kid twice", forger.make(twice(forger.header, b'"kid":"other"', b'"x":1'))
    for name in ("sub", "iss", "exp", "aud", "scope", "tenant", "jti", "unheard-of"):
        said = dumps({name: forger.claims.get(name, "x")})[1:-1]
        escaped = said.replace(b'"' + name[:1].encode(), b'"\\u%04x' % ord(name[0]), 1)
        claims = {key: value for key, value in forger.claims.items() if key != name}
        yield f"{name} twice", forger.make(claims=twice(claims, said, dumps({name: "other"})[1:-1]))
        yield f"{name} twice, alike", forger.make(claims=twice(claims, said, said))
        yield f"{name} twice, once by an escape", forger.make(claims=twice(claims, said, escaped))
    yield "twice inside another", forger.make(claims=twice(forger.claims, b'"x":{"y":1,"y":2}', b'"z":0'))


def r24_token_has_one_spelling(forger):
    """The same bytes, spelled otherwise, and what is no token at all."""
    head, payload, signature = forger.good.split(".")
    last = signature[-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for step in range(1, 4 if len(signature) % 4 == 3 else 16):  # the bits that no byte needs
        yield f"trailing bits {step}", f"{head}.{payload}.{signature[:-1]}{alphabet[alphabet.index(last) ^ step]}"
    for mark in ("=", "==", "\n", " ", "\t", "\0", "%3D", "\r\n"):
        for place, parts in {"header": (head + mark, payload, signature), "payload": (head, payload + mark, signature),
                             "signature": (head, payload, signature + mark),
                             "front": (mark + head, payload, signature)}.items():
            yield f"{mark!r} at the {place}", ".".join(parts)
    standard = next(text for text in (forger.make(claims={"jti": f"jti_{number}", "x": "~~~???"}) for number in range(999))
                    if "-" in text.split(".")[2] and "_" in text.split(".")[2])
    yield "standard base64", standard.replace("-", "+").replace("_", "/")
    middle = len(payload) // 2
    yield "space inside the payload", f"{head}.{payload[:middle]} {payload[middle:]}.{signature}"
    yield "unused character inside", f"{head}.{payload[:middle]}*{payload[middle:]}.{signature}"
    yield "capitals", forger.good.upper()
    for count in (1, 2, 10, 43, 85):
        yield f"without its last {count}", forger.good[:-count]
        yield f"without its first {count}", forger.good[count:]
    parts = {"empty": "", "dots": "..", "three dots": "...", "header alone": head, "header.": head + ".",
             "no signature": f"{head}.{payload}",
             "empty signature": f"{head}.{payload}.", "no payload": f"{head}..{signature}",
             "no header": f".{payload}.{signature}",
             "four parts": f"{forger.good}.{signature}", "five parts": f"{forger.good}..",
             "signature twice": forger.good + signature,
             "swapped": f"{payload}.{head}.{signature}", "twice": f"{forger.good}{forger.good}",
             "with a comma": f"{forger.good},{forger.good}",
             "quoted": f'"{forger.good}"',
             "JSON serialization": dumps({"payload": payload, "protected": head, "signature": signature}).decode(),
             "SD-JWT": f"{forger.good}~", "JWE": f"{head}..{payload}.{payload}.{signature}"}
    yield from parts.items()
    yield "just oversized", forger.make(claims={"padding": "a" * 6500})
    for kib in (15, 17, 40):
        yield f"{kib} KiB", forger.make(claims={"padding": "a" * (kib * 768)})
    yield "a thousand parts", ".".join(["eyJ9"] * 1000)


def r17_signature_is_the_keys(forger):
    head, payload, signature = forger.good.split(".")
    raw = unb64(signature)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")

    def numbers(first, second, size=32):
        return first.to_bytes(size, "big") + second.to_bytes(size, "big")

    changed = {
        "DER": encode_dss_signature(r, s), "zeros": bytes(64), "ones": b"\xff" * 64, "nothing but r": raw[:32],
        "r and s swapped": raw[32:] + raw[:32],
        "a zero in front": b"\0" + raw, "a zero behind": raw + b"\0", "numbers of 33 bytes": numbers(r, s, 33),
        "numbers of 48 bytes": numbers(r, s, 48),
        "r = 0": numbers(0, s), "s = 0": numbers(r, 0), "r = s = 1": numbers(1, 1), "r = n": numbers(P256_ORDER, s),
        "s = n": numbers(r, P256_ORDER),
        "r = s = n": numbers(P256_ORDER, P256_ORDER), "r = n - r": numbers(P256_ORDER - r, s),
        "s + 1": numbers(r, (s + 1) % P256_ORDER),
        "one bit": raw[:-1] + bytes([raw[-1] ^ 1]), "one bit in front": bytes([raw[0] ^ 0x80]) + raw[1:],
        "hexadecimal": raw.hex().encode(),
        "63 bytes": raw[:-1], "65 bytes": raw + raw[:1], "its text again": signature.encode()}
    for name, value in changed.items():
        yield f"signature: {name}", f"{head}.{payload}.{b64(value)}"
    yield "signature of another token", f"{head}.{payload}.{forger.make(claims={'jti': 'jti_other'}).split('.')[2]}"
    for claim, value in {"scope": "internal:admin", "exp": 4102444800, "sub": "svc_01hzzzzzzzzzzzzzzzzzzzzzzz",
                         "tenant": "*"}.items():
        yield f"{claim} changed after signing", f"{head}.{b64(dumps({**forger.claims, claim: value}))}.{signature}"
    yield "header changed after signing", f"{b64(dumps({**forger.header, 'x': 1}))}.{payload}.{signature}"
    yield "header spelled otherwise", f"{b64(json.dumps(forger.header).encode() + b' ')}.{payload}.{signature}"


def r24_parts_are_json_objects(forger):
    deep = b"[" * 2000 + b"]" * 2000
    forms = {"empty": b"", "null": b"null", "true": b"true", "number": b"1", "string": b'"x"', "empty object": b"{}",
             "empty array": b"[]",
             "unfinished": b'{"alg":"ES256"', "trailing comma": b'{"alg":"ES256",}', "comment": b'{"alg":"ES256"/**/}',
             "not UTF-8": b'{"\xff":1}',
             "single quotes": b"{'alg':'ES256'}", "nested too deep": b'{"x":' + deep + b"}",
             "lone surrogate": b'{"x":"\\ud800"}'}
    for name, form in forms.items():
        yield f"header: {name}", forger.make(form)
        yield f"claims: {name}", forger.make(claims=form)
    for name, base in {"header": forger.header, "claims": forger.claims}.items():
        text = dumps(base)
        for what, bytes_ in {"in an array": b"[" + text + b"]", "in a string": dumps(text.decode()), "twice": text + text,
                             "and more": text + b"x",
                             "with a NUL": text + b"\0", "with a byte order mark": b"\xef\xbb\xbf" + text,
                             "in UTF-16": text.decode().encode("utf-16"),
                             "as a name of an object": dumps({text.decode(): 1}),
                             "with NaN": text[:-1] + b',"x":NaN}'}.items():
            yield f"{name} {what}", forger.make(**{name: bytes_})
    yield "a token in a token", forger.make({"cty": "JWT"}, claims=dumps(forger.good))


def r20_dates_and_parties_are_checked(forger):
    now = int(time.time())
    wrong_types = ["1e400", "-1e400", "-1", "-0.5", "null", "true", f'"{now + HOUR}"', f"[{now + HOUR}]", "{}", f"{now}.5",
                   "9223372036854775808",
                   "18446744073709551616", "1e19", "9007199254740993", "1" + "0" * 400]

    def with_date(name, text):
        claims = {key: value for key, value in forger.claims.items() if key != name}
        return forger.make(claims=dumps(claims)[:-1] + f',"{name}":{text}}}'.encode())

    for name in ("exp", "iat", "nbf"):
        for text in wrong_types:
            yield f"{name} {text.replace(str(now), 'now').replace(str(now + HOUR), 'later')[:24]}", with_date(name, text)
    for seconds in (10, 60, HOUR, now):
        yield f"exp {'in 1970' if seconds == now else f'{seconds} s ago'}", with_date("exp", str(now - seconds))
    for name in ("nbf", "iat"):
        for seconds in (HOUR, 24 * HOUR, 10 ** 9):
            yield f"{name} in {seconds} s", with_date(name, str(now + seconds))
    yield "no exp", forger.make(claims={"exp": None})
    issuer = forger.claims["iss"]
    issuers = {"missing": None, "empty": "", "another": "https://elsewhere.example", "with a slash": issuer + "/",
               "in capitals": issuer.upper(),
               "a path below": issuer + "/t/x", "before an @": issuer + "@elsewhere.example", "in an array": [issuer],
               "a number": 1}
    for name, value in issuers.items():
        yield f"iss {name}", forger.make(claims={"iss": value})
    for value in ("", "jwt", "AT+JWT", "at+jwt ", "application/at+jwt", "application/jwt", "JWS", "JOSE", "id+jwt",
                  "logout+jwt", "dpop+jwt",
                  "token-introspection+jwt", "client-authentication+jwt", "gatehouse-assertion+jwt", "secevent+jwt", None, 1, ["at+jwt", "JWT"]):
        yield f"typ {json.dumps(value)}", forger.make({"typ": value})
    for name in ("sub", "jti"):
        yield f"no {name}", forger.make(claims={name: None})
    for value in ("", "*", "svc_", "usr_", 1, ["x"], {"sub": "x"}):
        yield f"sub {json.dumps(value)}", forger.make(claims={"sub": value})
    for value in ("", 1, ["x"]):
        yield f"jti {json.dumps(value)}", forger.make(claims={"jti": value})
    for value in ("svc_x", 1, [], {}, {"sub": ""}, {"sub": 1}, {"client_id": "svc_x"}):
        yield f"act {json.dumps(value)}", forger.make(claims={"act": value})


def r19_type_is_enforced(forger):
    """What is signed for another purpose, by us or by a client, and this kind under another's name."""
    key = strangers()["ES256"]
    client, now = forger.claims["sub"], int(time.time())
    times = {"iat": now, "exp": now + 60, "jti": "x"}
    assertion = {"iss": client, "sub": client, "aud": forger.claims["iss"], **times}
    yield "a client's assertion", forger.make(dumps({"alg": "ES256", "typ": "JWT", "kid": "1"}), dumps(assertion), ecdsa(key))
    yield "a client's assertion under our kid", forger.make({"typ": "client-authentication+jwt"}, dumps(assertion),
                                                            ecdsa(key))
    yield "a DPoP proof", forger.make(dumps({"typ": "dpop+jwt", "alg": "ES256", "jwk": public_jwk(key)}),
                                      dumps({"htm": "GET", "htu": forger.claims["iss"], **times}), ecdsa(key))
    yield "an ID token", forger.make({"typ": "JWT"},
                                     dumps({"iss": forger.claims["iss"], "sub": client, "aud": client, "nonce": "x",
                                            **times}))
    yield "the other kind's type", forger.make({"typ": "JWT" if forger.header["typ"] == "at+jwt" else "at+jwt"})


FAMILIES = (r10_binding_is_understood, r17_algorithm_is_pinned_to_the_key, r17_signature_is_the_keys,
            r18_key_comes_from_our_own_set,
            r19_type_is_enforced, r20_dates_and_parties_are_checked, r24_members_are_there_once, r24_token_has_one_spelling,
            r24_parts_are_json_objects)


def forgeries(forger):
    found = {}
    for family in FAMILIES:
        for name, token in family(forger):
            name = f"{family.__name__}: {name}"
            assert name not in found, f"two are called {name}"
            found[name] = token
    return found
